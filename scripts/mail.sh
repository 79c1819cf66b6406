# Sends mail and waits for it, with bash alone: sourced by what is played in a clean machine.

# smtp PORT FROM TO: sends what comes on standard input.
smtp() {
	exec 3<>"/dev/tcp/127.0.0.1/$1"
	local code line
	say() {
		[ -z "$1" ] || printf '%s\r\n' "$1" >&3
		while IFS= read -r line <&3 && [ "${line:3:1}" = - ]; do :; done
		code=${line:0:1}
		[ "$code" = 2 ] || [ "$code" = 3 ] || { echo "SMTP: $1: $line"; exit 1; }
	}
	say ''
	say 'EHLO client.example'
	say "MAIL FROM:<$2>"
	say "RCPT TO:<$3>"
	say DATA
	sed 's/\r*$/\r/' >&3
	say .
	say QUIT
	exec 3>&-
}

# arrived USER WORDS: waits for a mail that has them.
arrived() {
	for _ in $(seq 100); do
		if grep -q "$2" "/var/mail/$1" 2>/dev/null; then return; fi
		sleep 0.1
	done
	echo "no mail with $2 for $1:"
	cat "/var/mail/$1"
	journalctl --no-pager -u sealgate
	exit 1
}

# people DOMAIN: an authority, a helpdesk with a support.p12, and a customer, in files.
people() {
	openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -subj '/CN=CA' -days 30 2>/dev/null
	for name in support anna; do
		openssl req -newkey rsa:2048 -nodes -keyout $name.key -out $name.csr -subj "/CN=$name" 2>/dev/null
		printf 'subjectAltName=email:%s@%s\nextendedKeyUsage=emailProtection\nkeyUsage=digitalSignature,keyEncipherment\n' \
			$name "$1" >ext
		openssl x509 -req -in $name.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 20 -extfile ext \
			-out $name.pem 2>/dev/null
		useradd -m $name
	done
	openssl pkcs12 -export -in support.pem -inkey support.key -certfile ca.pem -out support.p12 -passout pass:geheim
}
