#!/usr/bin/env python3
"""A page that writes a new mail, with two boxes fed by sealgate's API: what can be ticked is
asked while the recipients are typed. The browser never sees the token: this program asks for
it. Standard library only; it has no login: keep it on loopback.

    boxes.py --api http://127.0.0.1:8895 --token-file token --address support@firma.example
    boxes.py --api unix:/run/sealgate/admin.sock …

The token is one of scope "capabilities" (sealgate admin token helpdesk).
"""

import argparse
import html
import http.client
import http.server
import json
import re
import socket
import sys
import urllib.parse

# What the browser may send: more than 100 recipients are not asked about anyway.
MAX_BODY = 16 << 10


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a unix socket."""

    def __init__(self, path, timeout):
        super().__init__("localhost", timeout=timeout)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def connection(api, timeout=40):
    """A connection to the API: look-ups may take half a minute, and the answer is worth it."""
    if api.startswith("unix:"):
        return UnixConnection(api.removeprefix("unix:"), timeout)
    url = urllib.parse.urlsplit(api)
    kind = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
    return kind(url.netloc, timeout=timeout)


def capabilities(api, token, question, language):
    """What the boxes of a mail can do; without an answer nothing can be ticked, and that is said."""
    headers = {"Authorization": "Bearer " + token, "Content-Type": "application/json", "Accept-Language": language}
    try:
        c = connection(api)
        c.request("POST", "/v1/capabilities", json.dumps(question), headers)
        response = c.getresponse()
        answer = json.loads(response.read())
        c.close()
    except (OSError, ValueError, http.client.HTTPException) as e:
        return {"problem": f"the gateway does not answer: {e}"}
    if response.status != 200:
        return {"problem": answer.get("detail", f"the gateway answers {response.status}")}
    return answer


PAGE = """<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>New mail</title>
<meta name="viewport" content="width=device-width"><style>
body { font: 1rem/1.5 sans-serif; max-width: 40rem; margin: 2rem auto; padding: 0 1rem }
label, input[name] { display: block; width: 100%; box-sizing: border-box }
input[type=checkbox] { display: inline; width: auto } label.box { width: auto }
.off { color: #666 } #why { white-space: pre-line }</style>
<h1>New mail from {ADDRESS}</h1>
<form id="mail">
<label>To <input name="to" autocomplete="off" placeholder="anna@kunde.example, bob@bank.example"></label>
<label>Bcc <input name="bcc" autocomplete="off"></label>
<label>Subject <input name="subject" autocomplete="off"></label>
<label class="box"><input type="checkbox" id="sign" disabled> sign</label>
<label class="box"><input type="checkbox" id="encrypt" disabled> encrypt</label>
<p id="why" role="status"></p></form>
<script src="boxes.js"></script></html>"""

SCRIPT = """"use strict";
const mail = document.getElementById("mail");
const why = document.getElementById("why");
let asked = 0;     // the newest question: older answers are not shown
let timer;

function show(answer) {
  const lines = [];
  for (const name of ["sign", "encrypt"]) {
    const box = document.getElementById(name);
    const can = answer[name] ?? { state: "disabled" };
    box.disabled = can.state !== "enabled";
    if (box.disabled) box.checked = false;
    if (can.preset) box.checked = true;    // it happens anyway: by a rule, or for what is answered
    box.parentElement.classList.toggle("off", box.disabled);
    if (can.state === "unknown") timer = setTimeout(ask, 5000);
  }
  if (answer.problem) lines.push(answer.problem);
  for (const r of answer.recipients ?? []) if (r.text) lines.push(r.address + ": " + r.text);
  if (answer.plain?.state === "disabled") lines.push(answer.plain.text);
  why.textContent = lines.join("\\n");    // never as HTML: addresses and certificates are strangers' text
}

async function ask() {
  clearTimeout(timer);
  const mine = ++asked;
  const form = new FormData(mail);
  const list = name => form.get(name).split(/[,;\\s]+/).filter(a => a.includes("@"));
  if (list("to").length + list("bcc").length === 0) return show({});
  const question = { to: list("to"), bcc: list("bcc"), subject: form.get("subject") };
  const response = await fetch("can", {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(question) });
  const answer = await response.json();
  if (mine === asked) show(answer);
}

mail.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(ask, 300); });
mail.addEventListener("submit", e => e.preventDefault());    // sending is your helpdesk's
"""


class Handler(http.server.BaseHTTPRequestHandler):
    """The page, and the questions of its script."""

    def do_GET(self):
        if self.path == "/":
            self.answer("text/html; charset=utf-8", PAGE.replace("{ADDRESS}", html.escape(self.server.address)))
        elif self.path == "/boxes.js":
            self.answer("text/javascript", SCRIPT)
        else:
            self.send_error(404)

    def do_POST(self):
        length = self.headers.get("Content-Length", "")
        own = self.headers.get("Sec-Fetch-Site", "same-origin") == "same-origin"
        if self.path != "/can" or not re.fullmatch("[0-9]{1,6}", length) or int(length) > MAX_BODY or not own:
            return self.send_error(400)
        try:
            wanted = json.loads(self.rfile.read(int(length)))
            question = {name: wanted[name] for name in ("to", "bcc", "subject") if name in wanted}
        except (ValueError, TypeError):
            return self.send_error(400)
        question["from"] = self.server.address  # never the browser's
        language = self.headers.get("Accept-Language", "en")
        self.answer("application/json", json.dumps(capabilities(self.server.api, self.server.token, question, language)))

    def answer(self, media, text):
        data = text.encode()
        self.send_response(200)
        self.send_header("Content-Type", media)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Content-Security-Policy", "default-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'")
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args):
        """Addresses stay out of logs."""


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--api", required=True, help="http://127.0.0.1:8895, or unix:PATH")
    p.add_argument("--token-file", required=True)
    p.add_argument("--address", required=True, help="the mailbox that writes")
    p.add_argument("--listen", type=int, default=8080, help="port on 127.0.0.1")
    o = p.parse_args()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", o.listen), Handler)
    server.api = o.api
    server.address = o.address
    with open(o.token_file, encoding="ascii") as f:
        server.token = f.read().strip()
    print(f"http://127.0.0.1:{server.server_port}/", file=sys.stderr, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
