<?php
// Composes the mails of this folder with PHP's PHPMailer: php.php CONTENT OUT

require '/usr/share/php/libphp-phpmailer/autoload.php';

[, $content, $out] = $argv;

function text(string $name): string
{
    global $content;
    return file_get_contents("$content/$name");
}

function compose(): PHPMailer\PHPMailer\PHPMailer
{
    $mail = new PHPMailer\PHPMailer\PHPMailer(true);
    $mail->CharSet = 'utf-8';
    $mail->Encoding = '8bit';
    $mail->Mailer = 'smtp';
    $mail->setFrom('support@firma.example', 'Bärbel Weiß');
    $mail->addAddress('anna@kunde.example');
    $mail->Subject = 'Grüße von PHP';
    $mail->MessageDate = 'Fri, 02 Jan 2026 10:00:00 +0100';
    $mail->MessageID = '<php@firma.example>';
    $mail->Body = text('text.txt');
    return $mail;
}

function write(string $kind, PHPMailer\PHPMailer\PHPMailer $mail): void
{
    global $out;
    $mail->preSend();
    file_put_contents("$out/php-$kind.eml", $mail->getSentMIMEMessage());
}

write('text', compose());

$mail = compose();
$mail->isHTML();
$mail->Body = text('page.html');
$mail->AltBody = text('text.txt');
write('alternative', $mail);

$mail = compose();
$mail->addStringAttachment(text('logo.bin'), 'Übersicht.bin');
$mail->addStringAttachment(text('invite.ics'), 'invite.ics', '8bit', 'text/calendar; charset=utf-8');
write('attached', $mail);

$mail = compose();
$mail->addStringAttachment(text('forwarded.eml'), 'forwarded.eml', '7bit', 'message/rfc822');
write('forwarded', $mail);
