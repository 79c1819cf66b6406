// Composes the mails of this folder with nodemailer, as Zammad's and others' bridges do:
// nodemailer.js CONTENT OUT

const fs = require("fs");
const path = require("path");
const MailComposer = require("nodemailer/lib/mail-composer");

const [content, out] = process.argv.slice(2);
const read = (name) => fs.readFileSync(path.join(content, name));

const mail = {
  from: "Bärbel Weiß <support@firma.example>",
  to: "anna@kunde.example",
  subject: "Grüße von nodemailer",
  date: new Date("2026-01-02T10:00:00+01:00"),
  messageId: "<nodemailer@firma.example>",
  text: read("text.txt").toString(),
};

function write(kind, more) {
  new MailComposer({ ...mail, ...more }).compile().build((err, message) => {
    if (err) throw err;
    fs.writeFileSync(path.join(out, `nodemailer-${kind}.eml`), message);
  });
}

write("text", {});
write("alternative", { html: read("page.html").toString() });
write("attached", {
  attachments: [
    { filename: "Übersicht.bin", contentType: "application/octet-stream", content: read("logo.bin") },
    { filename: "invite.ics", contentType: "text/calendar; charset=utf-8", content: read("invite.ics") },
  ],
});
write("forwarded", {
  attachments: [{ contentType: "message/rfc822", contentDisposition: "inline", content: read("forwarded.eml") }],
});
