# Reads mails with Python's email: one JSON object a line.

import base64
import json
import sys
from email import message_from_binary_file, policy

for path in sys.argv[1:]:
    with open(path, "rb") as file:
        mail = message_from_binary_file(file, policy=policy.default)
    leaves = []
    for part in mail.walk():
        if not part.is_multipart():
            octets = part.get_payload(decode=True)
            leaves.append([part.get_content_type(), part.get_filename() or "", base64.b64encode(octets).decode()])
    print(json.dumps({"file": path, "leaves": leaves}))
