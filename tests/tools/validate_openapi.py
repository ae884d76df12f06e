#!/usr/bin/env python3
"""Checks that the contract's documents are valid OpenAPI 3.1.

    pip install -r tests/tools/requirements.txt
    python tests/tools/validate_openapi.py [FILE ...]

Without a file, checks the documents in fixtures/contract. Exit codes: 0 all are
valid, 1 a document is not valid, 2 a file cannot be read.
"""

import json
import sys
from pathlib import Path

from openapi_spec_validator import OpenAPIV31SpecValidator

CONTRACT = Path(__file__).resolve().parents[2] / "fixtures" / "contract"
DOCUMENTS = ["openapi.json", "control.openapi.json"]


def refuse_doubles(pairs):
    """Refuses a JSON object with the same member twice, of which the first would be lost silently."""
    members = {}
    for name, value in pairs:
        if name in members:
            raise ValueError(f"member {name!r} is there twice")
        members[name] = value
    return members


def unresolved(document):
    """Returns the broken references within the document; the validator skips unused ones."""
    found = []

    def walk(node, place):
        if isinstance(node, dict):
            ref = node.get("$ref")
            if isinstance(ref, str) and not resolves(document, ref):
                found.append(f"{place}: {ref} leads nowhere")
            for name, value in node.items():
                walk(value, f"{place}/{name}")
        elif isinstance(node, list):
            for index, value in enumerate(node):
                walk(value, f"{place}/{index}")

    walk(document, "#")
    return found


def resolves(document, ref):
    if not ref.startswith("#/"):
        return False
    node = document
    for part in ref[2:].split("/"):
        part = part.replace("~1", "/").replace("~0", "~")
        if not isinstance(node, dict) or part not in node:
            return False
        node = node[part]
    return True


def problems(document):
    """Returns all problems of a document."""
    if not str(document.get("openapi", "")).startswith("3.1."):
        return [f"#/openapi: wanted 3.1, came {document.get('openapi')!r}"]
    found = unresolved(document)
    if found:
        return found
    for error in OpenAPIV31SpecValidator(document).iter_errors():
        place = "/".join(str(part) for part in getattr(error, "absolute_path", []))
        found.append(f"#/{place}: {getattr(error, 'message', error)}")
    return found


def main(arguments):
    files = [Path(name) for name in arguments] or [CONTRACT / name for name in DOCUMENTS]
    status = 0
    for file in files:
        try:
            document = json.loads(file.read_text("utf-8"), object_pairs_hook=refuse_doubles)
        except (OSError, ValueError) as error:
            print(f"{file}: cannot be read: {error}", file=sys.stderr)
            status = 2
            continue
        if not isinstance(document, dict):
            print(f"{file}: #: wanted an object", file=sys.stderr)
            status = max(status, 1)
            continue
        found = problems(document)
        for problem in found:
            print(f"{file}: {problem}", file=sys.stderr)
        if found:
            status = max(status, 1)
        else:
            print(f"{file}: valid OpenAPI {document['openapi']}")
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
