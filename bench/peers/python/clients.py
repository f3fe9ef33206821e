"""What a queue or a carrier waits for comes again: three attempts of two seconds, as the Rust functions have."""

from botocore.config import Config

PATIENT = Config(
    connect_timeout=1,
    read_timeout=2,
    retries={"mode": "standard", "total_max_attempts": 3},
    tcp_keepalive=True,
)
