// Composes the mails of this folder with JavaMail: Compose CONTENT OUT

import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import javax.activation.DataHandler;
import javax.mail.Message;
import javax.mail.Session;
import javax.mail.internet.InternetAddress;
import javax.mail.internet.MailDateFormat;
import javax.mail.internet.MimeBodyPart;
import javax.mail.internet.MimeMessage;
import javax.mail.internet.MimeMultipart;
import javax.mail.internet.MimeUtility;
import javax.mail.util.ByteArrayDataSource;

public class Compose {
    private static final Session SESSION = Session.getInstance(new Properties());
    private static Path content;
    private static Path out;

    public static void main(String[] args) throws Exception {
        content = Path.of(args[0]);
        out = Path.of(args[1]);
        MimeMessage text = compose();
        text.setText(read("text.txt"), "utf-8");
        write("text", text);
        write("alternative", compose("alternative", text("text.txt", "plain"), text("page.html", "html")));
        MimeBodyPart calendar = text("invite.ics", "calendar");
        calendar.setFileName("invite.ics");
        write("attached", compose("mixed", text("text.txt", "plain"), binary(), calendar));
        MimeBodyPart forwarded = new MimeBodyPart();
        try (FileInputStream in = new FileInputStream(content.resolve("forwarded.eml").toFile())) {
            forwarded.setContent(new MimeMessage(SESSION, in), "message/rfc822");
        }
        write("forwarded", compose("mixed", text("text.txt", "plain"), forwarded));
    }

    private static String read(String name) throws Exception {
        return new String(Files.readAllBytes(content.resolve(name)), StandardCharsets.UTF_8);
    }

    private static MimeBodyPart text(String name, String subtype) throws Exception {
        MimeBodyPart part = new MimeBodyPart();
        part.setText(read(name), "utf-8", subtype);
        return part;
    }

    private static MimeBodyPart binary() throws Exception {
        MimeBodyPart part = new MimeBodyPart();
        byte[] octets = Files.readAllBytes(content.resolve("logo.bin"));
        part.setDataHandler(new DataHandler(new ByteArrayDataSource(octets, "application/octet-stream")));
        part.setFileName(MimeUtility.encodeText("Übersicht.bin", "utf-8", null));
        return part;
    }

    private static MimeMessage compose() throws Exception {
        MimeMessage message = new MimeMessage(SESSION);
        message.setFrom(new InternetAddress("support@firma.example", "Bärbel Weiß", "utf-8"));
        message.setRecipients(Message.RecipientType.TO, "anna@kunde.example");
        message.setSubject("Grüße von JavaMail", "utf-8");
        message.setSentDate(new MailDateFormat().parse("Fri, 02 Jan 2026 10:00:00 +0100"));
        return message;
    }

    private static MimeMessage compose(String subtype, MimeBodyPart... parts) throws Exception {
        MimeMessage message = compose();
        message.setContent(new MimeMultipart(subtype, parts));
        return message;
    }

    private static void write(String kind, MimeMessage message) throws Exception {
        try (OutputStream file = new FileOutputStream(out.resolve("javamail-" + kind + ".eml").toFile())) {
            message.writeTo(file);
        }
    }
}
