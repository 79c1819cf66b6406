package smime

// This file has damaged S/MIME beside readable text.

import "testing"

// TestDamagedPartBelow: what says that it is S/MIME and is not is seen; an attachment with a file
// name of S/MIME may be anything, and what begins as CMS is told as what it is.
func TestDamagedPartBelow(t *testing.T) {
	sp := newSpool(t)
	const mime = "Content-Type: application/pkcs7-mime; name=smime.p7m"
	for name, c := range map[string]struct {
		head, body string
		damaged    bool
	}{
		"text":            {mime, "Please see the attachment.", true},
		"nothing":         {mime, "", true},
		"rubbish":         {mime + "\r\nContent-Transfer-Encoding: base64", "AAECAwQFBgcICQ==", true},
		"no base64":       {mime + "\r\nContent-Transfer-Encoding: base64", "!!!!", true},
		"its older name":  {"Content-Type: application/x-pkcs7-mime", "rubbish", true},
		"as attached":     {mime + "\r\nContent-Disposition: attachment; filename=smime.p7m", "rubbish", true},
		"an invoice":      {"Content-Type: application/pkcs7-mime; name=i.xml.p7m\r\nContent-Disposition: attachment; filename=i.xml.p7m", "rubbish", false},
		"a file name":     {"Content-Type: application/octet-stream; name=smime.p7m", "rubbish", false},
		"a signature":     {"Content-Type: application/pkcs7-signature; name=smime.p7s", "rubbish", false},
		"enveloped":       {mime, "\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03", false},
		"compressed":      {mime, "\x30\x80\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x09", false},
		"signed, cut off": {mime, "\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02", false},
	} {
		m := opened(t, sp, "Content-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\n\r\nHallo\r\n--m\r\n"+c.head+"\r\n\r\n"+c.body+"\r\n--m--\r\n")
		if m.PartialDamaged != c.damaged || c.damaged && (m.PartialSigned || m.PartialEncrypted) {
			t.Errorf("%s: damaged %v, signed %v, encrypted %v", name, m.PartialDamaged, m.PartialSigned, m.PartialEncrypted)
		}
	}
}
