"""What the official Python SDK does under each fault: python_retries.py URL TOKEN FAULTS

The mock's request log says how many requests arrived.
"""
import asyncio
import json
import os
import sys
import urllib.request

# The mock speaks plain HTTP on loopback; the SDK reads this setting only from the environment.
os.environ["OKTA_TESTING_TESTINGDISABLEHTTPSCHECK"] = "true"

from okta.client import Client

OPERATION = "getDefaultProvisioningConnectionForApplication"
APP = "0oazscalerbyz0000001"


def control(url, method, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url + path, data, {"Content-Type": "application/json"}, method=method)
    with urllib.request.urlopen(request, timeout=10) as answer:
        text = answer.read()
        return json.loads(text) if text else None


async def outcome(url, token):
    """Returns ok or error. The SDK raises some errors, and returns others."""
    okta = Client({"orgUrl": url, "token": token})
    try:
        connection, _, error = await okta.get_default_provisioning_connection_for_application(APP)
    except Exception as raised:
        connection, error = None, raised
    return "ok" if error is None and connection is not None else "error"


async def main(url, token, path):
    with open(path, encoding="utf-8") as file:
        faults = json.load(file)["faults"]
    wrong = []
    for fault in faults:
        control(url, "POST", "/_mock/reset")
        # Python waits until the window of the rate limit ends, by the times in the answer.
        control(url, "POST", "/_mock/faults",
                {"operation": OPERATION, "times": fault["times"], "answer": fault["answer"]})
        ended = await outcome(url, token)
        logged = control(url, "GET", "/_mock/requests")["requests"]
        marked = [request["fault"] for request in logged if request["fault"] is not None]
        if len(marked) != fault["times"]:
            wrong.append(f"{fault['name']}: {len(marked)} requests are marked in the log")
        if [ended, len(logged)] != fault["python"]:
            wrong.append(f"{fault['name']}: {[ended, len(logged)]}, expected {fault['python']}")
    if wrong:
        raise SystemExit("\n".join(wrong))


asyncio.run(main(*sys.argv[1:]))
