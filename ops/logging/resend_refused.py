#!/usr/bin/env python3
"""Sends what rsyslog wrote to its file of refused requests to Elasticsearch once more.

    resend_refused.py http://elasticsearch:9200 < eventcore-refused.json

rsyslog 8.2302 takes an answer 503 for a verdict on the records and never sends them again. Ends with
1 if any record is refused again; those requests are on standard output, in the same form.
"""

import json
import sys
import urllib.error
import urllib.request


def bulk(url, body):
    """Returns whether every record was taken."""
    request = urllib.request.Request(url + "/_bulk", body.encode(),
                                     {"Content-Type": "application/x-ndjson"})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return not json.load(answer)["errors"]
    except (OSError, ValueError, KeyError):
        return False


def main():
    url = sys.argv[1].rstrip("/")
    refused = 0
    for line in sys.stdin:
        if not bulk(url, json.loads(line)["request"]["postdata"]):
            refused += 1
            sys.stdout.write(line)
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main())
