// Lambda's Runtime API, as its own client speaks it: one connection that is kept, one invocation at a time.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html

import http from "node:http";

const [host, port] = (process.env.AWS_LAMBDA_RUNTIME_API ?? "").split(":");
const agent = new http.Agent({ keepAlive: true, maxSockets: 1, noDelay: true });

function send(method, path, body) {
  return new Promise((resolve, reject) => {
    const options = { agent, host, port, method, path: `/2018-06-01/runtime/${path}` };
    const request = http.request(options, (response) => {
      const chunks = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("end", () => resolve({ headers: response.headers, body: Buffer.concat(chunks) }));
      response.on("error", reject);
    });
    request.on("error", reject);
    if (body !== undefined) {
      const bytes = Buffer.from(JSON.stringify(body));
      request.setHeader("content-type", "application/json");
      request.setHeader("content-length", bytes.length);
      request.write(bytes);
    }
    request.end();
  });
}

// Hands every invocation to the handler, for as long as the process lives.
export async function serve(handler) {
  for (;;) {
    const { headers, body } = await send("GET", "invocation/next");
    const id = headers["lambda-runtime-aws-request-id"];
    const deadline = Number(headers["lambda-runtime-deadline-ms"]);
    const context = { awsRequestId: id, getRemainingTimeInMillis: () => deadline - Date.now() };
    let answer;
    try {
      answer = ["response", await handler(JSON.parse(body), context)];
    } catch (error) {
      console.error(error);
      answer = ["error", { errorType: error.name, errorMessage: error.message }];
    }
    await send("POST", `invocation/${id}/${answer[0]}`, answer[1] ?? null);
  }
}
