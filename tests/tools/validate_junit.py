#!/usr/bin/env python3
"""Checks a JUnit report against the schema: validate_junit.py SCHEMA REPORT"""

import sys

import xmlschema

schema, report = sys.argv[1:]
problems = list(xmlschema.XMLSchema(schema).iter_errors(report))
for problem in problems:
    print(f"{problem.path}: {problem.reason}")
sys.exit(1 if problems else 0)
