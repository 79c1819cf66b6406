#!/bin/sh
# Composes the mails of the folder above with seven libraries; needs the Debian packages
# python3 ruby-mail libmime-tools-perl libemail-mime-perl php-cli libphp-phpmailer
# node-nodemailer default-jdk-headless libmail-java.
set -eu
cd "$(dirname "$0")"
classes=$(mktemp -d)
trap 'rm -rf "$classes"' EXIT
java=/usr/share/java/javax.mail.jar:/usr/share/java/javax.activation.jar

/usr/bin/python3 python.py content ..
ruby ruby.rb content ..
perl mime-entity.pl content ..
perl email-mime.pl content ..
php php.php content ..
NODE_PATH=/usr/share/nodejs nodejs nodemailer.js content ..
javac -encoding utf-8 -cp "$java" -d "$classes" Compose.java
java -Dfile.encoding=UTF-8 -cp "$java:$classes" Compose content ..
