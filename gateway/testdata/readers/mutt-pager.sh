#!/bin/sh
# Keeps what mutt shows of a mail, in files shown.1, shown.2 and so on: mutt-pager.sh FILE,
# in the folder of the mails.
n=1
while [ -e "shown.$n" ]; do
	n=$((n + 1))
done
cp "$1" "shown.$n"
