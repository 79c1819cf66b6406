#!/bin/sh
# Writes email.pem anew: the roots that Mozilla trusts for e-mail, out of NSS's
# built-in module (Debian packages libnss3 and libnss3-tools). A root that Mozilla
# distrusts for what it has issued after some date is left out as a whole.
set -eu
cd "$(dirname "$0")"
module=$(find /usr/lib -name libnssckbi.so | head -n 1)
[ -n "$module" ] || { echo "libnssckbi.so is missing: apt-get install libnss3" >&2; exit 1; }
db=$(mktemp -d)
trap 'rm -rf "$db"' EXIT
certutil -N -d "sql:$db" --empty-password
modutil -force -dbdir "sql:$db" -add builtin -libfile "$module" >/dev/null
# The middle one of the three trust flags is e-mail; C is a trusted CA.
certutil -L -d "sql:$db" -h 'Builtin Object Token' | sed -n 's/^\(Builtin Object Token:.*[^ ]\)  *[^ ,]*,C[^ ,]*,[^ ,]* *$/\1/p' | sort -u >"$db/names"
{
	echo "# The roots that Mozilla trusts for e-mail."
	echo "# source: NSS $(dpkg-query -W -f '${Version}' libnss3 2>/dev/null || echo unknown)"
	echo "# date: $(date -u -r "$module" +%Y-%m-%d)"
	while read -r name; do
		since=$(certutil -L -d "sql:$db" -n "$name" </dev/null | sed -n 's/.*E-mail Distrust After: *//p' | head -n 1)
		if [ -n "$since" ]; then
			echo "# left out, distrusted after $since: ${name#Builtin Object Token:}"
			continue
		fi
		echo "# ${name#Builtin Object Token:}"
		certutil -L -d "sql:$db" -n "$name" -a </dev/null | tr -d '\r'
	done <"$db/names"
} >email.pem.new
mv email.pem.new email.pem
echo "$(grep -c BEGIN email.pem) roots"
