"""The template deployed, with the real binaries: what arrives at one end comes out at the other."""

import hashlib
import json
import subprocess
import unittest
import urllib.error
import urllib.request
from datetime import datetime, timedelta, timezone

import emulator as aws
from carrier import AUTH_TOKEN, ACCOUNT_SID, RECORDING, Carrier, signed

EVENTS = aws.ROOT / "events"


def sample(path):
    return json.loads((EVENTS / path).read_text())


def of_the_operator(method, path, body=None, **headers):
    """A request of the API as API Gateway hands it over, with the identity that its authoriser has checked."""
    event = sample("api/get-call.json")
    event["rawPath"] = event["requestContext"]["http"]["path"] = path
    event["requestContext"]["http"]["method"] = method
    event["headers"].update(headers)
    if body is not None:
        event["body"] = json.dumps(body)
        event["headers"]["content-type"] = "application/json"
    return event


class Deployed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.carrier = Carrier()
        cls.addClassCleanup(cls.carrier.stop)
        cls.aws = aws.Emulator()
        cls.addClassCleanup(cls.aws.stop)
        parameters = {"InstanceArn": aws.INSTANCE_ARN, "PublicBaseUrl": aws.PUBLIC_BASE}
        cls.outputs = aws.deploy(cls.aws, parameters)
        aws.mend_concurrency(cls.aws)
        aws.allow_plain_http(cls.aws, cls.outputs["RecordingsBucketName"])
        cls.pipe = aws.Pipe(cls.aws, "RecordingsPipe")
        cls.reach_the_carrier()
        cls.slug = cls.add_account()

    @classmethod
    def reach_the_carrier(cls):
        """Functions that ask carriers ask ours: a setting that no deployment has."""
        functions = cls.aws.client("lambda")
        for name in ["archive-recording", "carrier-webhook", "place-call", "reconcile-calls"]:
            if name not in aws.binaries():
                continue
            name = f"{aws.STACK}-{name}"
            settings = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
            settings |= {"ALLOW_HTTP": "on", "SIMULATED_CARRIERS": cls.carrier.url}
            functions.update_function_configuration(FunctionName=name, Environment={"Variables": settings})

    @classmethod
    def add_account(cls):
        """Adds a carrier account as the README says, with `ringback account add`; answers with its slug."""
        secret = cls.aws.client("secretsmanager").create_secret(
            Name=f"{aws.STACK}/carriers/tw-main", SecretString=AUTH_TOKEN
        )
        said = cls.ringback(
            *["account", "add", "--carrier", "tw", "--secret-arn", secret["ARN"], "--number", "+14155550100"],
            *["--prefix", "+1415555", "--setting", f"accountSid={ACCOUNT_SID}", "--setting", "recordingFormat=mp3"],
            *["--base-url", aws.PUBLIC_BASE],
        )
        return said.split("/carriers/tw/")[1].split("/")[0]

    @classmethod
    def ringback(cls, *arguments):
        """The operator's tool, on the stack's table."""
        command = aws.tool()
        where = ["--tenant", aws.INSTANCE, "--table", cls.outputs["CarriersTableName"]]
        ran = subprocess.run(
            [command, *arguments, *where],
            env=cls.aws.environment(), cwd=cls.aws.folder, capture_output=True, text=True,
        )
        assert ran.returncode == 0, ran.stderr
        return ran.stdout

    def post(self, path, body, signature=None):
        """Posts as the carrier does, to the API's address; signs the public one."""
        url = f"{self.aws.url}/_aws/execute-api/{self.outputs['CarrierApiId']}/$default{path}"
        headers = {
            "content-type": "application/x-www-form-urlencoded",
            "x-twilio-signature": signature or signed(aws.PUBLIC_BASE + path, body),
        }
        request = urllib.request.Request(url, body.encode(), headers, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code

    def play(self, case, call):
        """Posts a sample life of a call as that call's."""
        for line in (EVENTS / "carriers" / "tw" / f"{case}.jsonl").read_text().splitlines():
            captured = json.loads(line)
            if "placed" not in captured:
                path = f"/carriers/tw/{self.slug}/calls/{call}/events"
                self.assertIn(self.post(path, captured["body"]), (200, 204))

    def call(self, call):
        """The call's record, as query-calls tells it; none while there is none."""
        answer = aws.invoke(self.aws, "query-calls", of_the_operator("GET", f"/calls/{call}"))
        return json.loads(answer["body"]) if answer["statusCode"] == 200 else None

    def deliver_as_eventbridge(self, rule, event):
        """Nobody but AWS may put events of `aws.` sources, here as there, so the rule's part is played: its own pattern must
        match, and its own targets are invoked."""
        events = self.aws.client("events")
        name = aws.resource(self.aws, rule)
        pattern = events.describe_rule(Name=name)["EventPattern"]
        self.assertTrue(events.test_event_pattern(EventPattern=pattern, Event=json.dumps(event))["Result"])
        targets = events.list_targets_by_rule(Rule=name)["Targets"]
        self.assertEqual(len(targets), 1)
        self.aws.client("lambda").invoke(
            FunctionName=targets[0]["Arn"], InvocationType="Event", Payload=json.dumps(event).encode()
        )

    def letters(self, output):
        """The messages of a dead-letter queue."""
        queue = self.outputs[output]
        return self.aws.client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages")

    def test_a_carriers_call_ends_in_a_record_and_its_recording_in_the_bucket(self):
        call = "01900000-0000-7000-8000-0000000000a1"
        self.play("recording", call)

        def archived():
            self.pipe.pump()
            record = self.call(call) or {}
            recordings = record.get("recordings", {}).values()
            return next((one["archived"] for one in recordings if "archived" in one), None)

        kept = aws.eventually("archived recording", archived)
        digest = hashlib.sha256(RECORDING).hexdigest()
        self.assertEqual((kept["sha256"], kept["bytes"]), (digest, len(RECORDING)))
        s3, bucket = self.aws.client("s3"), self.outputs["RecordingsBucketName"]
        objects = s3.list_objects_v2(Bucket=bucket)["Contents"]
        self.assertEqual(len(objects), 1)
        body = s3.get_object(Bucket=bucket, Key=objects[0]["Key"])["Body"].read()
        self.assertEqual(hashlib.sha256(body).hexdigest(), digest)
        record = self.call(call)
        self.assertEqual((record["state"], record["closeCause"], record["carrier"]), ("close", 0, "tw"))

    def test_an_agent_calls_a_customer_back_and_the_same_request_again_rings_nobody(self):
        request = {"agent": "+14155550101", "customer": "+14155550102", "businessRef": "order-17"}
        ask = lambda: aws.invoke(
            self.aws, "place-call", of_the_operator("POST", "/calls", request, **{"idempotency-key": "callback-1"})
        )
        nobody = ask()
        self.assertEqual(nobody["statusCode"], 403, "without a policy nobody may be called")
        self.ringback("policy", "set", "--prefix", "+1415555")
        first = ask()
        self.assertEqual(first["statusCode"], 201, first)
        placed = json.loads(first["body"])
        self.assertEqual(ask()["body"], first["body"])
        [asked] = self.carrier.placed
        self.assertEqual((asked["To"], asked["From"]), ("+14155550101", "+14155550100"))
        self.assertIn("+14155550102", asked["Twiml"])

        call = placed["callId"]
        self.assertTrue(asked["StatusCallback"].startswith(f"{aws.PUBLIC_BASE}/carriers/tw/{self.slug}/calls/{call}/"))
        self.play("normal", call)
        aws.eventually("closed call", lambda: (self.call(call) or {}).get("state") == "close")

        def listed():
            event = of_the_operator("GET", "/calls")
            event["rawQueryString"] = "businessRef=order-17"
            calls = json.loads(aws.invoke(self.aws, "query-calls", event)["body"])["calls"]
            return [one for one in calls if one["state"] == "close"]

        [line] = aws.eventually("call in the list", listed)
        self.assertEqual(line["id"], call)

    def test_the_schedule_looks_at_what_is_due_each_minute(self):
        logs, group = self.aws.client("logs"), f"/aws/lambda/{aws.STACK}-reconcile-calls"

        def ran():
            streams = logs.describe_log_streams(logGroupName=group)["logStreams"]
            return [one for one in streams if one.get("lastEventTimestamp") or one.get("storedBytes")]

        aws.eventually("minute of reconcile-calls", ran, seconds=100)
        self.assertIsNone(self.letters("ReconcileCallsDeadLetterQueueUrl"))

    def test_what_is_not_signed_is_refused(self):
        path = f"/carriers/tw/{self.slug}/calls/01900000-0000-7000-8000-0000000000a2/events"
        self.assertEqual(self.post(path, "CallSid=CA1&CallStatus=ringing", signature="AAAA"), 401)
        self.assertIsNone(self.call("01900000-0000-7000-8000-0000000000a2"))

    def test_a_returning_caller_is_offered_the_agent_of_the_contact_event(self):
        first = sample("connect/flow/voice-inbound.json")
        aws.invoke(self.aws, "last-agent", first)
        event = sample("connect/contact-events/connected-to-agent-voice.json")
        contact = first["Details"]["ContactData"]["ContactId"]
        now = datetime.now(timezone.utc) - timedelta(minutes=10)
        detail = event["detail"]
        detail["contactId"] = detail["initialContactId"] = contact
        detail["initiationTimestamp"] = now.strftime("%Y-%m-%dT%H:%M:%S.000Z")
        agent = detail["agentInfo"]["agentArn"].rsplit("/", 1)[1]
        detail["agentInfo"]["connectedToAgentTimestamp"] = now.strftime("%Y-%m-%dT%H:%M:%S.250Z")
        self.deliver_as_eventbridge("ContactEventsRule", event)

        later = sample("connect/flow/voice-inbound.json")
        numbers = iter(range(1, 1000))

        def offered():
            # Each time another contact: the answer to one is repeated to that one.
            later["Details"]["ContactData"]["ContactId"] = f"00000000-0000-4000-8000-{next(numbers):012d}"
            later["Details"]["ContactData"]["InitialContactId"] = later["Details"]["ContactData"]["ContactId"]
            answer = aws.invoke(self.aws, "last-agent", later)
            return answer if answer["status"] == "found" else None

        found = aws.eventually("agent who is offered", offered)
        self.assertEqual((found["agentId"], found["source"]), (agent, "index"))

    def test_a_record_that_nobody_can_read_ends_in_the_dead_letter_queue(self):
        stream = self.outputs["ContactRecordStreamArn"].rsplit("/", 1)[1]
        self.aws.client("kinesis").put_record(StreamName=stream, Data=b"no record", PartitionKey="1")
        [letter] = aws.eventually("dead letter", lambda: self.letters("ContactRecordsDeadLetterQueueUrl"))
        self.assertEqual(letter["Body"], "no record")


if __name__ == "__main__":
    unittest.main()
