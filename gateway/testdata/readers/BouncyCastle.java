// Reads mails with BouncyCastle and JavaMail: BouncyCastle ROOT KEY MAIL... writes the content of each
// to MAIL.opened and a JSON object a line.

import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.FileReader;
import java.io.OutputStream;
import java.security.PrivateKey;
import java.security.Security;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Properties;
import javax.mail.Session;
import javax.mail.internet.MimeBodyPart;
import javax.mail.internet.MimeMessage;
import javax.mail.internet.MimeMultipart;
import javax.mail.internet.MimePart;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cms.RecipientInformation;
import org.bouncycastle.cms.SignerInformation;
import org.bouncycastle.cms.jcajce.JcaSimpleSignerInfoVerifierBuilder;
import org.bouncycastle.cms.jcajce.JceKeyTransEnvelopedRecipient;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.mail.smime.SMIMEEnveloped;
import org.bouncycastle.mail.smime.SMIMESigned;
import org.bouncycastle.mail.smime.SMIMEUtil;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;

public class BouncyCastle {
    private static X509CertificateHolder root;
    private static PrivateKey key;

    public static void main(String[] args) throws Exception {
        Security.addProvider(new BouncyCastleProvider());
        root = (X509CertificateHolder) new PEMParser(new FileReader(args[0])).readObject();
        key = new JcaPEMKeyConverter().getPrivateKey((PrivateKeyInfo) new PEMParser(new FileReader(args[1])).readObject());
        for (int i = 2; i < args.length; i++) {
            List<String> marks = new ArrayList<>();
            try (FileInputStream in = new FileInputStream(args[i]);
                OutputStream out = new FileOutputStream(args[i] + ".opened")) {
                unfold(new MimeMessage(Session.getInstance(new Properties()), in), marks).writeTo(out);
            } catch (Exception fault) {
                marks.add("fault " + fault);
            }
            System.out.println("{\"file\":\"" + args[i] + "\",\"marks\":[\"" + String.join("\",\"", marks) + "\"]}");
        }
    }

    // unfold opens what is signed or encrypted and returns what is in it.
    private static MimePart unfold(MimePart part, List<String> marks) throws Exception {
        if (part.isMimeType("multipart/signed")) {
            SMIMESigned signed = new SMIMESigned((MimeMultipart) part.getContent());
            marks.add(verified(signed));
            return unfold(signed.getContent(), marks);
        }
        if (part.isMimeType("application/pkcs7-mime")) {
            MimeBodyPart inner = decrypt(part);
            marks.add("encrypted");
            return unfold(inner, marks);
        }
        return part;
    }

    private static MimeBodyPart decrypt(MimePart part) throws Exception {
        SMIMEEnveloped enveloped = part instanceof MimeMessage
            ? new SMIMEEnveloped((MimeMessage) part) : new SMIMEEnveloped((MimeBodyPart) part);
        for (RecipientInformation recipient : enveloped.getRecipientInfos().getRecipients()) {
            try {
                return SMIMEUtil.toMimeBodyPart(recipient.getContent(new JceKeyTransEnvelopedRecipient(key)));
            } catch (Exception other) {
                continue; // the one for the sender
            }
        }
        throw new Exception("no recipient is ours");
    }

    // verified says "signed" when a signature is good.
    private static String verified(SMIMESigned signed) throws Exception {
        for (SignerInformation signer : signed.getSignerInfos().getSigners()) {
            Collection<X509CertificateHolder> own = signed.getCertificates().getMatches(signer.getSID());
            for (X509CertificateHolder certificate : own) {
                if (!certificate.getIssuer().equals(root.getSubject())) {
                    return "not of the root";
                }
                if (signer.verify(new JcaSimpleSignerInfoVerifierBuilder().setProvider("BC").build(certificate))) {
                    return "signed";
                }
            }
        }
        return "no signature that verifies";
    }
}
