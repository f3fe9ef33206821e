"""AWS on this machine: ministack, started on a free port of loopback, and the stack deployed into it."""

import io
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
import zipfile
from pathlib import Path

import boto3
import yaml

ROOT = Path(__file__).resolve().parents[2]
ACCOUNT = "111122223333"
REGION = "eu-west-2"
STACK = "ringback"
INSTANCE = "00000000-0000-4000-8000-000000000001"
INSTANCE_ARN = f"arn:aws:connect:{REGION}:{ACCOUNT}:instance/{INSTANCE}"
# What carriers sign. Webhooks reach the emulator by another address, as they do with a custom domain.
PUBLIC_BASE = "https://calls.example.com"

# What the emulator does not know, and so cannot be deployed there. It is linted, like infra/connect.yaml.
UNKNOWN_TYPES = ["AWS::Connect::InstanceStorageConfig"]


def binaries():
    """The functions' folders, each with its binary."""
    built = ROOT / "target" / os.environ.get("RINGBACK_PROFILE", "debug")
    names = sorted(path.name for path in (ROOT / "functions").iterdir() if path.is_dir())
    return {name: built / name for name in names}


def tool():
    """`ringback`, which is not released with the functions, so it is built as the tests are."""
    return ROOT / "target" / "debug" / "ringback"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Emulator:
    """ministack, and clients of it. It ends with `stop`, and so do the functions that it has started."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="ringback-cloud-")
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        ports = {name: str(free_port()) for name in ("SFTP_PORT_BASE", "IOT_MTLS_PORT")}
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": self.folder,
            "TMPDIR": self.folder,
            "GATEWAY_PORT": str(self.port),
            "BIND_HOST": "127.0.0.1",
            "MINISTACK_HOST": "127.0.0.1",
            "MINISTACK_REGION": REGION,
            "MINISTACK_ACCOUNT_ID": ACCOUNT,
            # Requests are checked against the policies of the roles, so a permission that is missing fails here too.
            "AUTH": "true",
            "SFTP_ENABLED": "0",
            "IOT_MTLS_ENABLED": "0",
            # Functions must find this emulator and nothing else.
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            **ports,
        }
        self.log = open(Path(self.folder) / "ministack.log", "w+")
        program = Path(sys.executable).with_name("ministack")
        self.process = subprocess.Popen(
            [program], env=environment, stdout=self.log, stderr=subprocess.STDOUT, start_new_session=True
        )
        self._wait()

    def _wait(self):
        until = time.monotonic() + 60
        while time.monotonic() < until:
            if self.process.poll() is not None:
                break
            try:
                urllib.request.urlopen(f"{self.url}/_ministack/health", timeout=2).close()
                return
            except OSError:
                time.sleep(0.2)
        raise RuntimeError(f"ministack did not start; its log ends with:\n{self.tail()}")

    def tail(self, lines=40):
        self.log.flush()
        text = (Path(self.folder) / "ministack.log").read_text(errors="replace")
        return "\n".join(text.splitlines()[-lines:])

    def client(self, service):
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    def environment(self):
        """What a program needs to find this emulator."""
        return {
            **os.environ,
            "AWS_ENDPOINT_URL": self.url,
            "AWS_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
        }

    def stop(self):
        # The functions are children of its process group.
        try:
            os.killpg(self.process.pid, signal.SIGTERM)
            self.process.wait(15)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def without_unknown(template):
    """The template without the resources that the emulator does not know."""
    for kind in UNKNOWN_TYPES:
        pattern = rf"\n  [A-Za-z]+:\n    Type: {kind}\n(?:    .*\n|\n)*?(?=  [A-Z#]|\Z)"
        template, removed = re.subn(pattern, "\n", template)
        assert removed == 1, f"{kind} is {removed} times in the template"
    return template


def properties(logical):
    """The properties of a resource as infra/template.yaml has them; functions such as !Ref are left as they are written."""

    class Loader(yaml.SafeLoader):
        pass

    Loader.add_multi_constructor("!", lambda loader, tag, node: node.value)
    return yaml.load((ROOT / "infra" / "template.yaml").read_text(), Loader)["Resources"][logical]["Properties"]


def package(s3, template):
    """Uploads every function's binary, and says in the template where: what `sam package` does."""
    s3.create_bucket(Bucket="artifacts", CreateBucketConfiguration={"LocationConstraint": REGION})
    for name, binary in binaries().items():
        stripped = Path(tempfile.mkdtemp()) / "bootstrap"
        subprocess.run(["strip", "-o", stripped, binary], check=True)
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file:
            entry = zipfile.ZipInfo("bootstrap")
            entry.external_attr = 0o755 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            file.writestr(entry, stripped.read_bytes(), compresslevel=1)
        shutil.rmtree(stripped.parent)
        s3.put_object(Bucket="artifacts", Key=f"{name}.zip", Body=archive.getvalue())
        local = f"CodeUri: ../target/lambda/{name}/\n"
        assert local in template, f"the template has no function {name}"
        template = template.replace(local, f"CodeUri: s3://artifacts/{name}.zip\n")
    return template


def deploy(emulator, parameters):
    """Deploys infra/template.yaml as it is, but for what the emulator does not know; answers with its outputs."""
    s3, cloudformation = emulator.client("s3"), emulator.client("cloudformation")
    template = without_unknown((ROOT / "infra" / "template.yaml").read_text())
    s3_template = package(s3, template)
    s3.put_object(Bucket="artifacts", Key="template.yaml", Body=s3_template.encode())
    cloudformation.create_stack(
        StackName=STACK,
        TemplateURL=f"{emulator.url}/artifacts/template.yaml",
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
    )
    until = time.monotonic() + 120
    while time.monotonic() < until:
        stack = cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]
        if stack["StackStatus"] == "CREATE_COMPLETE":
            return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
        if not stack["StackStatus"].endswith("IN_PROGRESS"):
            break
        time.sleep(0.5)
    events = cloudformation.describe_stack_events(StackName=STACK)["StackEvents"]
    failed = [event for event in events if "FAILED" in event["ResourceStatus"]]
    reasons = "\n".join(f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason')}" for event in failed)
    raise RuntimeError(f"the stack is {stack['StackStatus']}:\n{reasons}\n{emulator.tail()}")


def resource(emulator, logical):
    """The physical id of a resource of the stack."""
    cloudformation = emulator.client("cloudformation")
    found = cloudformation.describe_stack_resource(StackName=STACK, LogicalResourceId=logical)
    return found["StackResourceDetail"]["PhysicalResourceId"]


def mend_concurrency(emulator):
    """The emulator hands numbers of parameters over as text, which its own queue consumers cannot read."""
    functions = emulator.client("lambda")
    for mapping in functions.list_event_source_mappings()["EventSourceMappings"]:
        scaling = mapping.get("ScalingConfig")
        if scaling:
            scaling = {"MaximumConcurrency": int(scaling["MaximumConcurrency"])}
            functions.update_event_source_mapping(UUID=mapping["UUID"], ScalingConfig=scaling)


def allow_plain_http(emulator, bucket):
    """The emulator speaks plain HTTP, which the bucket's policy refuses, there as in AWS: that one statement is taken out."""
    s3 = emulator.client("s3")
    policy = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])
    kept = [statement for statement in policy["Statement"] if statement["Sid"] != "OnlyWithTls"]
    assert len(kept) == len(policy["Statement"]) - 1, policy
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy | {"Statement": kept}))


class Pipe:
    """A pipe from a table's stream to a topic. The emulator's own neither filters nor transforms, so it is taken away, and its
    part is played with what the template says: its filter, its input template, its target."""

    def __init__(self, emulator, logical):
        pipes, name = emulator.client("pipes"), resource(emulator, logical)
        self.emulator, described = emulator, pipes.describe_pipe(Name=name)
        written = properties(logical)
        [one] = written["SourceParameters"]["FilterCriteria"]["Filters"]
        self.pattern = json.loads(one["Pattern"])
        self.template = written["TargetParameters"]["InputTemplate"]
        self.source, self.target = described["Source"], described["Target"]
        pipes.delete_pipe(Name=name)
        streams = emulator.client("dynamodbstreams")
        shards = streams.describe_stream(StreamArn=self.source)["StreamDescription"]["Shards"]
        start = dict(StreamArn=self.source, ShardIteratorType="TRIM_HORIZON")
        iterators = [streams.get_shard_iterator(ShardId=shard["ShardId"], **start) for shard in shards]
        self.iterators = [iterator["ShardIterator"] for iterator in iterators]

    def pump(self):
        """Hands on what has come since the last time."""
        streams, topics = self.emulator.client("dynamodbstreams"), self.emulator.client("sns")
        for at, iterator in enumerate(self.iterators):
            page = streams.get_records(ShardIterator=iterator)
            self.iterators[at] = page["NextShardIterator"]
            for record in page["Records"]:
                if matches(self.pattern, record):
                    topics.publish(TopicArn=self.target, Message=transformed(self.template, record))


def matches(pattern, value):
    """Whether an event pattern of exact values and prefixes matches."""
    if isinstance(pattern, dict):
        return isinstance(value, dict) and all(key in value and matches(pattern[key], value[key]) for key in pattern)
    fits = lambda one: value.startswith(one["prefix"]) if isinstance(one, dict) else value == one
    return any(fits(one) for one in pattern)


def transformed(template, record):
    """What an input template makes of a record: each `<$.path>` is the value there, as JSON."""

    def value(found):
        at = record
        for part in found.group(1).split("."):
            at = at[part]
        return json.dumps(at)

    return re.sub(r"<\$\.([A-Za-z.]+)>", value, template)


def invoke(emulator, function, event):
    """Invokes a function of the stack and answers with what it answered."""
    answer = emulator.client("lambda").invoke(
        FunctionName=f"{STACK}-{function}", Payload=json.dumps(event).encode()
    )
    body = json.loads(answer["Payload"].read() or b"null")
    if "FunctionError" in answer:
        raise AssertionError(f"{function} failed: {body}")
    return body


def eventually(what, look, seconds=60):
    """Looks until something is there; what it is, for the message."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        found = look()
        if found:
            return found
        time.sleep(0.3)
    raise AssertionError(f"after {seconds} s there is still no {what}")
