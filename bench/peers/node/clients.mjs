// What a queue or a carrier waits for comes again: three attempts of two seconds, as the Rust functions have.

export const patient = {
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 1000, requestTimeout: 2000, throwOnRequestTimeout: true },
};
