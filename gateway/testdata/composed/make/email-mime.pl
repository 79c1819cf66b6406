# Composes the mails of this folder with Perl's Email::MIME: email-mime.pl CONTENT OUT

use strict;
use warnings;
use Email::MIME;
use Encode qw(decode);
use utf8;

my ($content, $out) = @ARGV;

sub read_file {
    my ($name) = @_;
    open my $file, '<:raw', "$content/$name" or die "$name: $!";
    local $/;
    return scalar <$file>;
}

my @header = (
    From         => 'Bärbel Weiß <support@firma.example>',
    To           => 'anna@kunde.example',
    Subject      => 'Grüße von Email::MIME',
    Date         => 'Fri, 02 Jan 2026 10:00:00 +0100',
    'Message-ID' => '<email-mime@firma.example>',
);

sub text {
    my ($name, $type, %more) = @_;
    return Email::MIME->create(
        attributes => { content_type => $type, charset => 'UTF-8', encoding => 'quoted-printable', %more },
        body_str   => decode('UTF-8', read_file($name)),
    );
}

sub write_mail {
    my ($kind, $mail) = @_;
    open my $file, '>:raw', "$out/email-mime-$kind.eml" or die "$kind: $!";
    print $file $mail->as_string;
    close $file or die "$kind: $!";
}

sub whole {
    my ($type, @parts) = @_;
    return Email::MIME->create(header_str => \@header, attributes => { content_type => $type }, parts => \@parts);
}

my $plain = text('text.txt', 'text/plain');
$plain->header_str_set(@$_) for map { [$header[2 * $_], $header[2 * $_ + 1]] } 0 .. $#header / 2;
write_mail('text', $plain);

write_mail('alternative', whole('multipart/alternative', text('text.txt', 'text/plain'), text('page.html', 'text/html')));

my $binary = Email::MIME->create(
    attributes => {
        content_type => 'application/octet-stream',
        disposition  => 'attachment',
        encoding     => 'base64',
        filename     => 'Übersicht.bin',
    },
    body => read_file('logo.bin'),
);
my $invitation = text('invite.ics', 'text/calendar', disposition => 'attachment', filename => 'invite.ics');
write_mail('attached', whole('multipart/mixed', text('text.txt', 'text/plain'), $binary, $invitation));

my $forwarded = Email::MIME->create(
    attributes => { content_type => 'message/rfc822', encoding => '7bit' },
    body       => read_file('forwarded.eml'),
);
write_mail('forwarded', whole('multipart/mixed', text('text.txt', 'text/plain'), $forwarded));
