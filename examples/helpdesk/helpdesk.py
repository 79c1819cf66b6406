#!/usr/bin/env python3
"""A small helpdesk that shows what one needs to do for sealgate: read the X-SMIME fields of
what comes, and send two orders with what leaves. It reads a Maildir, sends by SMTP, and
has one page with two boxes. Standard library only; it has no login: keep it on loopback.

    helpdesk.py --maildir /home/support/Maildir --smtp 127.0.0.1:587 --address support@firma.example
"""

import argparse
import email
import email.policy
import html
import http.server
import mailbox
import secrets
import smtplib
import urllib.parse
from email.message import EmailMessage
from email.utils import formatdate, make_msgid, parseaddr

PAGE = """<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>Helpdesk</title>
<style>.bad {{ color: #a00 }} pre {{ white-space: pre-wrap }}</style>{}</html>"""


def parse(raw):
    """The mail with folded and encoded fields as text."""
    return email.message_from_bytes(raw, policy=email.policy.default)


def field(mail, name):
    """A field as text. A name that stands twice is not ours: the gateway writes each once."""
    values = mail.get_all("X-SMIME-" + name, [])
    return str(values[0]).strip() if len(values) == 1 else ""


def boxes(mail):
    """What X-SMIME-Reply allows: {"sign": True, ...}; what is missing is no."""
    pairs = (word.partition("=") for word in field(mail, "Reply").split(";"))
    allowed = {key.strip(): value.strip() for key, _, value in pairs}
    return {
        "sign": allowed.get("sign") == "yes",
        "encrypt": allowed.get("encrypt") == "yes",
        "advised": allowed.get("advised") == "encrypt",
    }


def text_of(mail):
    """The text that an agent reads. HTML is left to a helpdesk that can clean it."""
    body = mail.get_body(preferencelist=("plain",))
    return body.get_content() if body else "(no plain text; see the attachments)"


def answer(mail, address, text, sign, encrypt):
    """A reply with the two orders. In-Reply-To and References tie it to an encrypted mail."""
    reply = EmailMessage(policy=email.policy.SMTP)
    reply["From"] = address
    reply["To"] = str(mail["Reply-To"] or mail["From"])
    subject = str(mail["Subject"] or "")
    reply["Subject"] = subject if subject.lower().startswith("re:") else "Re: " + subject
    reply["Date"] = formatdate(localtime=True)
    reply["Message-ID"] = make_msgid(domain=address.rpartition("@")[2])
    if mail["Message-ID"]:
        reply["In-Reply-To"] = str(mail["Message-ID"])
        reply["References"] = " ".join(filter(None, [str(mail["References"] or ""), str(mail["Message-ID"])]))
    # Always both, as the boxes stand: an order that is missing leaves it to the defaults.
    reply["X-SMIME-Sign"] = "yes" if sign else "no"
    reply["X-SMIME-Encrypt"] = "yes" if encrypt else "no"
    reply.set_content(text)
    return reply


def send(reply, server):
    """Sends, and returns what to tell the agent: the gateway's own sentence when it refuses."""
    host, _, port = server.rpartition(":")
    to = parseaddr(str(reply["To"]))[1]
    try:
        with smtplib.SMTP(host, int(port), timeout=90) as smtp:
            smtp.send_message(reply, to_addrs=[to])
    except smtplib.SMTPRecipientsRefused as refused:
        code, text = refused.recipients[to]
    except smtplib.SMTPResponseException as refused:
        code, text = refused.smtp_code, refused.smtp_error
    else:
        return "Sent."
    again = " The mail was not sent; try again later." if 400 <= code < 500 else " The mail was not sent."
    return text.decode("ascii", "replace") + again


class Page(http.server.BaseHTTPRequestHandler):
    """One page for the list, one for each ticket."""

    def do_GET(self):
        key = self.query().get("ticket")
        if not key:
            return self.show("".join(self.line(k) for k in self.server.box.keys()))
        mail = self.ticket(key)
        if mail:
            self.show(self.head(mail) + f"<pre>{html.escape(text_of(mail))}</pre>" + self.form(key, mail))

    def do_POST(self):
        length = min(int(self.headers.get("Content-Length") or 0), 1 << 20)
        form = dict(urllib.parse.parse_qsl(self.rfile.read(length).decode("utf-8", "replace")))
        if not secrets.compare_digest(form.get("token", ""), self.server.token):
            return self.send_error(403)
        mail = self.ticket(form.get("ticket", ""))
        if mail:
            reply = answer(mail, self.server.address, form.get("text", ""), "sign" in form, "encrypt" in form)
            self.show(f"<p>{html.escape(send(reply, self.server.smtp))}</p>")

    def query(self):
        return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.path).query))

    def ticket(self, key):
        if key in self.server.box:
            return parse(self.server.box.get_bytes(key))
        self.send_error(404)

    def line(self, key):
        mail = parse(self.server.box.get_bytes(key))
        link = urllib.parse.urlencode({"ticket": key})
        return f"<p><a href='/?{link}'>{html.escape(str(mail['Subject']))}</a> {html.escape(field(mail, 'Status'))}</p>"

    def head(self, mail):
        # Colours go by the value, never by a sentence; what is not known is bad.
        bad = field(mail, "Signature") not in ("none", "valid") or field(mail, "Encryption") not in ("none", "decrypted")
        style = ' class="bad"' if bad else ""
        return (
            f"<h1>{html.escape(str(mail['Subject']))}</h1><p>{html.escape(str(mail['From']))}</p>"
            f"<p{style}><b>{html.escape(field(mail, 'Status'))}</b> {html.escape(field(mail, 'Reason'))}</p>"
        )

    def form(self, key, mail):
        can = boxes(mail)
        sign = "checked" if can["sign"] else "disabled"
        encrypt = "checked" if can["encrypt"] and can["advised"] else "" if can["encrypt"] else "disabled"
        return (
            "<form method='post'><textarea name='text' rows='10' cols='76'></textarea>"
            f"<p><label><input type='checkbox' name='sign' {sign}> sign</label>"
            f"<label><input type='checkbox' name='encrypt' {encrypt}> encrypt</label>"
            f"<input type='hidden' name='token' value='{self.server.token}'>"
            f"<input type='hidden' name='ticket' value='{html.escape(key, quote=True)}'>"
            "<button>Send</button></p></form>"
        )

    def show(self, body):
        page = PAGE.format(body).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'")
        self.end_headers()
        self.wfile.write(page)


def main():
    flags = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    flags.add_argument("--maildir", required=True)
    flags.add_argument("--smtp", required=True, metavar="HOST:PORT", help="where sealgate's outbound service is")
    flags.add_argument("--address", required=True, help="the mailbox, as it stands in From")
    flags.add_argument("--port", type=int, default=8080, help="of the page, on 127.0.0.1")
    options = flags.parse_args()
    server = http.server.HTTPServer(("127.0.0.1", options.port), Page)
    server.box = mailbox.Maildir(options.maildir, create=False)
    server.smtp = options.smtp
    server.address = options.address
    server.token = secrets.token_hex(16)
    server.serve_forever()


if __name__ == "__main__":
    main()
