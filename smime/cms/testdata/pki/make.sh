#!/bin/sh
# Makes the keys and certificates beside it with openssl; they are only for tests.
# The messages in ../interop were made for these keys: new keys need new messages.
set -eu
cd "$(dirname "$0")"
days=18250

cat > ext.cnf <<EOF
[ca]
basicConstraints=critical,CA:TRUE
keyUsage=critical,keyCertSign,cRLSign
subjectKeyIdentifier=hash
[ee]
basicConstraints=critical,CA:FALSE
extendedKeyUsage=emailProtection
subjectAltName=email:\${ENV::NAME}@kunde.example
subjectKeyIdentifier=hash
authorityKeyIdentifier=keyid
keyUsage=critical,\${ENV::USAGE}
EOF
export NAME=- USAGE=digitalSignature

openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out ca.key
openssl req -x509 -new -key ca.key -subj "/O=sealgate tests/CN=Test Root" -days $days -out ca.pem -config /dev/null \
	-addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign
openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out inter.key
openssl req -new -key inter.key -subj "/O=sealgate tests/CN=Test Issuing CA" -config /dev/null |
	openssl x509 -req -CA ca.pem -CAkey ca.key -set_serial 2 -days $days -extfile ext.cnf -extensions ca -out inter.pem

issue() { # name, serial, key usage
	NAME=$1 USAGE=$3
	openssl x509 -req -in "$1.csr" -CA inter.pem -CAkey inter.key -set_serial "$2" -days $days \
		-extfile ext.cnf -extensions ee ${4:+-force_pubkey "$4"} -out "$1.pem"
	rm "$1.csr"
}
request() { openssl req -new -key "$2" -subj "/O=Kunde/CN=$1" -config /dev/null -out "$1.csr"; }
plain() { # name, serial, usage, genpkey arguments
	name=$1 serial=$2 usage=$3
	shift 3
	openssl genpkey -quiet "$@" -out "$name.key"
	request "$name" "$name.key"
	issue "$name" "$serial" "$usage"
}
plain rsa 0x1001 digitalSignature,keyEncipherment -algorithm RSA -pkeyopt rsa_keygen_bits:2048
plain rsa2 0x1002 digitalSignature,keyEncipherment -algorithm RSA -pkeyopt rsa_keygen_bits:2048
plain rsapss 0x1003 digitalSignature -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048
plain rsa1024 0x1004 digitalSignature,keyEncipherment -algorithm RSA -pkeyopt rsa_keygen_bits:1024
plain p256 0x2001 digitalSignature,keyAgreement -algorithm EC -pkeyopt ec_paramgen_curve:P-256
plain p384 0x2002 digitalSignature,keyAgreement -algorithm EC -pkeyopt ec_paramgen_curve:P-384
plain p521 0x2003 digitalSignature,keyAgreement -algorithm EC -pkeyopt ec_paramgen_curve:P-521
plain bp256 0x2004 digitalSignature,keyAgreement -algorithm EC -pkeyopt ec_paramgen_curve:brainpoolP256r1
plain bp384 0x2005 digitalSignature,keyAgreement -algorithm EC -pkeyopt ec_paramgen_curve:brainpoolP384r1
plain bp512 0x2006 digitalSignature,keyAgreement -algorithm EC -pkeyopt ec_paramgen_curve:brainpoolP512r1
plain ed25519 0x3001 digitalSignature -algorithm ED25519
# X25519 cannot sign its own request.
openssl genpkey -quiet -algorithm X25519 -out x25519.key
openssl pkey -in x25519.key -pubout -out x25519.pub
request x25519 p256.key
issue x25519 0x4001 keyAgreement x25519.pub
rm -f ext.cnf x25519.pub
