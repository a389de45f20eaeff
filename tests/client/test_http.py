"""aiohttp reads the machine's certificates when a session needs them, and trusts neither more nor less than else."""

import subprocess
import sys

import pytest

_ASK = """
import asyncio, ssl, sys
from sluice.client.http import aiohttp

print(type(ssl.create_default_context()) is ssl.SSLContext, "set_default_verify_paths" in vars(ssl.SSLContext))

async def answer(reader, writer):
    await reader.readuntil(b"\\r\\n\\r\\n")
    writer.write(b"HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nhi")
    await writer.drain()

async def main():
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    served.load_cert_chain(sys.argv[1])
    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=served)
    port = server.sockets[0].getsockname()[1]
    async with aiohttp.ClientSession() as session:
        for host in ("localhost", "127.0.0.1"):
            try:
                async with session.get(f"https://{host}:{port}/") as found:
                    print(await found.text())
            except aiohttp.ClientConnectorCertificateError as error:
                print(error.certificate_error.verify_message)

asyncio.run(main())
"""


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """Of localhost, and its key, in one file."""
    file = tmp_path_factory.mktemp("tls") / "localhost.pem"
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", file, "-out", file, *names]
    subprocess.run(command, check=True, capture_output=True)
    return file


@pytest.mark.parametrize(
    ("trusted", "answers"),
    [
        (True, ["hi", "IP address mismatch, certificate is not valid for '127.0.0.1'."]),
        (False, ["self-signed certificate"] * 2),
    ],
)
def test_a_session_that_says_nothing_of_tls_trusts_what_the_machine_trusts(trusted, answers, certificate, tmp_path):
    environment = {"SSL_CERT_FILE": str(certificate) if trusted else "/dev/null", "SSL_CERT_DIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", _ASK, certificate], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == ["True False", *answers]
