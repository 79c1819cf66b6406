# Composes the mails of this folder with Perl's MIME::Entity, as RT, OTOBO and Znuny do:
# mime-entity.pl CONTENT OUT

use strict;
use warnings;
use Encode qw(encode);
use MIME::Entity;
use utf8;

my ($content, $out) = @ARGV;

sub read_file {
    my ($name) = @_;
    open my $file, '<:raw', "$content/$name" or die "$name: $!";
    local $/;
    return scalar <$file>;
}

sub header {
    return (
        From         => encode('MIME-Header', 'Bärbel Weiß') . ' <support@firma.example>',
        To           => 'anna@kunde.example',
        Subject      => encode('MIME-Header', 'Grüße von MIME::Entity'),
        Date         => 'Fri, 02 Jan 2026 10:00:00 +0100',
        'Message-ID' => '<mime-entity@firma.example>',
    );
}

sub text {
    return (Type => 'text/plain', Charset => 'utf-8', Encoding => '-SUGGEST', Data => read_file('text.txt'));
}

sub write_mail {
    my ($kind, $mail) = @_;
    open my $file, '>:raw', "$out/mime-entity-$kind.eml" or die "$kind: $!";
    $mail->print($file);
    close $file or die "$kind: $!";
}

write_mail('text', MIME::Entity->build(header(), text()));

my $mail = MIME::Entity->build(header(), Type => 'multipart/alternative');
$mail->attach(text());
$mail->attach(Type => 'text/html', Charset => 'utf-8', Encoding => '-SUGGEST', Data => read_file('page.html'));
write_mail('alternative', $mail);

$mail = MIME::Entity->build(header(), Type => 'multipart/mixed');
$mail->attach(text());
$mail->attach(
    Type     => 'application/octet-stream',
    Encoding => 'base64',
    Filename => encode('MIME-Header', 'Übersicht.bin'),
    Data     => read_file('logo.bin')
);
$mail->attach(Type => 'text/calendar', Charset => 'utf-8', Encoding => '8bit', Filename => 'invite.ics',
    Data => read_file('invite.ics'));
write_mail('attached', $mail);

$mail = MIME::Entity->build(header(), Type => 'multipart/mixed');
$mail->attach(text());
$mail->attach(Type => 'message/rfc822', Encoding => '7bit', Data => read_file('forwarded.eml') =~ s/\r\n/\n/gr);
write_mail('forwarded', $mail);
