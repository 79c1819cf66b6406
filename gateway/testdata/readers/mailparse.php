<?php
// Reads mails with PHP's mailparse: one JSON object a line.

foreach (array_slice($argv, 1) as $path) {
    $leaves = [];
    $mail = mailparse_msg_parse_file($path);
    foreach (mailparse_msg_get_structure($mail) as $id) {
        $part = mailparse_msg_get_part($mail, $id);
        $data = mailparse_msg_get_part_data($part);
        $type = $data['content-type'];
        if (str_starts_with($type, 'multipart/') || $type === 'message/rfc822') {
            continue;
        }
        $octets = mailparse_msg_extract_part_file($part, $path, null);
        $name = $data['disposition-filename'] ?? $data['content-name'] ?? '';
        $leaves[] = [$type, iconv_mime_decode($name, ICONV_MIME_DECODE_CONTINUE_ON_ERROR, 'utf-8'), base64_encode($octets)];
    }
    unset($part); // before the mail that it is of
    mailparse_msg_free($mail);
    echo json_encode(['file' => $path, 'leaves' => $leaves], JSON_INVALID_UTF8_SUBSTITUTE), "\n";
}
