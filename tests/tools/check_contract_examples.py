#!/usr/bin/env python3
"""Checks that the contract's schemas accept and refuse the cases of examples.json as they should.

Also checks the form of headers.json, the list of response headers.

    pip install -r tests/tools/requirements.txt
    python tests/tools/check_contract_examples.py

Exit codes: 0 all cases are as stated, 1 some are not, 2 a file cannot be read.
"""

import copy
import json
import re
import sys
from pathlib import Path

from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

CONTRACT = Path(__file__).resolve().parents[2] / "fixtures" / "contract"
SOURCES = {"recorded", "guide", "guide-o2o", "openapi", "docs", "sdk", "issue", "inferred"}
FORMATS_NEEDED = {"uri", "date-time"}


def load(name):
    return json.loads((CONTRACT / name).read_text("utf-8"))


def steps(pointer):
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer[1:].split("/")]


def parent(body, pointer):
    """Returns the container of the value that the pointer names, and the key within it."""
    *way, last = steps(pointer)
    for part in way:
        body = body[int(part)] if isinstance(body, list) else body[part]
    return body, int(last) if isinstance(body, list) else last


def body_of(case, cases):
    if "of" not in case:
        return case["body"]
    body = copy.deepcopy(body_of(cases[case["of"]], cases))
    for pointer in case.get("remove", []):
        container, key = parent(body, pointer)
        del container[key]
    for pointer, value in case.get("set", {}).items():
        container, key = parent(body, pointer)
        container[key] = value
    return body


def validator(document, pointer):
    """Returns a validator of one schema, which resolves references within its document."""
    resource = Resource.from_contents(document, default_specification=DRAFT202012)
    registry = Registry().with_resource("urn:contract", resource)
    schema = {"$ref": "urn:contract" + pointer}
    return Draft202012Validator(schema, registry=registry, format_checker=FormatChecker())


def wrong_with(case, cases, documents, validators):
    """Returns the problem of a case, or None."""
    if case.get("source") not in SOURCES or not case.get("why"):
        return "it needs a reason and a known source"
    name = case.get("document", "openapi.json")
    if name not in documents:
        documents[name] = load(name)
    key = (name, case["schema"])
    if key not in validators:
        validators[key] = validator(documents[name], case["schema"])
    try:
        body = body_of(case, cases)
    except (KeyError, IndexError, ValueError, TypeError) as error:
        return f"its body cannot be made: {error!r}"
    errors = sorted(validators[key].iter_errors(body), key=str)
    if case["accept"] and errors:
        return "; ".join(f"{error.json_path}: {error.message[:200]}" for error in errors)
    if not case["accept"] and not errors:
        return f"it is accepted, though {case['why']}"
    if "of" in case and not case["accept"] and not cases[case["of"]]["accept"]:
        return "it is made of a case that is refused itself"
    return None


def wrong_headers(listed):
    """Yields the problems of the list of response headers."""
    kinds = set(listed["answers"])
    names = [header["name"] for header in listed["headers"]]
    for name in sorted({name for name in names if names.count(name) > 1 or name != name.lower()}):
        yield f"{name}: there twice, or not in lower case"
    for header in listed["headers"]:
        values = header.get("values", {})
        for pattern in [header["value"], *values.values()]:
            if not (pattern.startswith("^") and pattern.endswith("$")):
                yield f"{header['name']}: {pattern} is not anchored"
            re.compile(pattern)
        if not set(values) <= set(header["answers"]) <= kinds:
            yield f"{header['name']}: a kind of answer that is not described"
        if not set(header["answers"].values()) <= {"always", "sometimes"} or not header["answers"]:
            yield f"{header['name']}: each kind of answer is `always` or `sometimes`"
        if header.get("source") not in SOURCES:
            yield f"{header['name']}: it needs a known source"


def main():
    missing = FORMATS_NEEDED - set(FormatChecker().checkers)
    if missing:
        print(f"formats cannot be checked: {sorted(missing)}; install requirements.txt", file=sys.stderr)
        return 2
    try:
        listed = load("examples.json")["cases"]
        cases = {case["name"]: case for case in listed}
    except (OSError, ValueError, KeyError) as error:
        print(f"examples.json: cannot be read: {error!r}", file=sys.stderr)
        return 2
    documents, validators, failed = {}, {}, 0
    try:
        for problem in wrong_headers(load("headers.json")):
            failed += 1
            print(f"headers.json: {problem}", file=sys.stderr)
    except (OSError, ValueError, KeyError, re.error) as error:
        print(f"headers.json: cannot be read: {error!r}", file=sys.stderr)
        return 2
    if len(cases) != len(listed):
        print("examples.json: two cases have one name", file=sys.stderr)
        failed += 1
    for case in listed:
        problem = wrong_with(case, cases, documents, validators)
        if problem:
            failed += 1
            print(f"examples.json: {case['name']}: {problem}", file=sys.stderr)
    refused = sum(not case["accept"] for case in listed)
    print(f"{len(listed)} cases: {len(listed) - refused} to accept, {refused} to refuse, {failed} wrong")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
