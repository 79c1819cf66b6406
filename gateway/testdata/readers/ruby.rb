# Reads mails with Ruby's mail: one JSON object a line.

require "base64"
require "json"
require "mail"

def leaves(part)
  return leaves(Mail.read_from_string(part.body.decoded)) if part.mime_type == "message/rfc822"
  return part.parts.flat_map { |inner| leaves(inner) } if part.multipart?

  [[part.mime_type || "text/plain", part.filename.to_s, Base64.strict_encode64(part.body.decoded)]]
end

ARGV.each do |path|
  puts JSON.generate(file: path, leaves: leaves(Mail.read(path)))
end
