"""What is loaded of the packages that speak to the API server."""

import os
import subprocess
import sys

import certifi

PROGRAM = """
from sluice.client.asynchronous import Configuration, RESTClientObject, aiohttp
for context in (aiohttp.connector._SSL_CONTEXT_VERIFIED, RESTClientObject(Configuration()).ssl_context):
    print(len(context.get_ca_certs()))
"""


def test_the_systems_certificates_are_read_only_for_a_server_that_brings_none():
    environment = os.environ | {"SSL_CERT_FILE": certifi.where()}
    said = subprocess.check_output([sys.executable, "-c", PROGRAM], env=environment, text=True)
    of_aiohttp, of_the_client = map(int, said.split())
    assert of_aiohttp == 0
    assert of_the_client > 100
