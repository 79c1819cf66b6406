# Composes the mails of this folder with Ruby's mail: ruby.rb CONTENT OUT

require "mail"

CONTENT, OUT = ARGV

def octets(name)
  File.binread(File.join(CONTENT, name))
end

def utf8(name)
  octets(name).force_encoding("UTF-8")
end

def part(type, name)
  Mail::Part.new(content_type: type, body: utf8(name))
end

def compose
  mail = Mail.new(charset: "UTF-8")
  mail.from = "Bärbel Weiß <support@firma.example>"
  mail.to = "anna@kunde.example"
  mail.subject = "Grüße von Ruby"
  mail.date = "Fri, 02 Jan 2026 10:00:00 +0100"
  mail.message_id = "<ruby@firma.example>"
  mail
end

def write(kind, mail)
  File.binwrite(File.join(OUT, "ruby-#{kind}.eml"), mail.encoded)
end

mail = compose
mail.content_type = "text/plain; charset=UTF-8"
mail.body = utf8("text.txt")
write("text", mail)

mail = compose
mail.text_part = part("text/plain; charset=UTF-8", "text.txt")
mail.html_part = part("text/html; charset=UTF-8", "page.html")
write("alternative", mail)

mail = compose
mail.text_part = part("text/plain; charset=UTF-8", "text.txt")
mail.attachments["Übersicht.bin"] = { mime_type: "application/octet-stream", content_id: "<1@firma.example>",
                                      content: octets("logo.bin") }
mail.attachments["invite.ics"] = { mime_type: "text/calendar; charset=UTF-8", content_id: "<2@firma.example>",
                                   content: utf8("invite.ics") }
write("attached", mail)

mail = compose
mail.text_part = part("text/plain; charset=UTF-8", "text.txt")
mail.add_part(part("message/rfc822", "forwarded.eml"))
write("forwarded", mail)
