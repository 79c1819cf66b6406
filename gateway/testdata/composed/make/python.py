# Composes the mails of this folder with Python's email: python.py CONTENT OUT

import pathlib
import sys
from email import message_from_bytes, policy
from email.message import EmailMessage

content = pathlib.Path(sys.argv[1])
out = pathlib.Path(sys.argv[2])


def text(name):
    return (content / name).read_text(encoding="utf-8")


def compose():
    m = EmailMessage(policy=policy.SMTP)
    m["From"] = "Bärbel Weiß <support@firma.example>"
    m["To"] = "anna@kunde.example"
    m["Subject"] = "Grüße von Python"
    m["Date"] = "Fri, 02 Jan 2026 10:00:00 +0100"
    m["Message-ID"] = "<python@firma.example>"
    m.set_content(text("text.txt"))
    return m


def write(kind, m):
    (out / f"python-{kind}.eml").write_bytes(m.as_bytes())


write("text", compose())

m = compose()
m.add_alternative(text("page.html"), subtype="html")
write("alternative", m)

m = compose()
m.add_attachment((content / "logo.bin").read_bytes(), maintype="application", subtype="octet-stream",
                 filename="Übersicht.bin")
m.add_attachment(text("invite.ics"), subtype="calendar", filename="invite.ics")
write("attached", m)

m = compose()
m.add_attachment(message_from_bytes((content / "forwarded.eml").read_bytes(), policy=policy.SMTP))
write("forwarded", m)
