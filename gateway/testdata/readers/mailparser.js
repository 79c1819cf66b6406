// Reads mails with node's mailparser: one JSON object a line.

const fs = require("fs");
const { simpleParser } = require("mailparser");

async function main() {
  for (const file of process.argv.slice(2)) {
    const mail = await simpleParser(fs.readFileSync(file), { skipImageLinks: true, skipTextToHtml: true });
    const leaves = [["text/plain", "", Buffer.from(mail.text || "").toString("base64")]];
    if (mail.html) {
      leaves.push(["text/html", "", Buffer.from(mail.html).toString("base64")]);
    }
    for (const attachment of mail.attachments) {
      leaves.push([attachment.contentType, attachment.filename || "", attachment.content.toString("base64")]);
    }
    console.log(JSON.stringify({ file, leaves }));
  }
}

main();
