// BouncyCastle as a peer of the interoperability tests: reads one command a
// line on standard input, words separated by tabs, and answers each with
// "ok" or "error: why". It is compiled by the tests; see bouncycastle_test.go.

import java.io.*;
import java.math.BigInteger;
import java.nio.file.*;
import java.security.*;
import java.security.cert.X509Certificate;
import java.security.spec.*;
import java.util.*;
import javax.crypto.spec.*;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.pkcs.*;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.jcajce.*;
import org.bouncycastle.cms.*;
import org.bouncycastle.cms.jcajce.*;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;
import org.bouncycastle.operator.*;
import org.bouncycastle.operator.jcajce.*;
import org.bouncycastle.util.Store;

public class Peer {
    public static void main(String[] args) throws Exception {
        Security.addProvider(new BouncyCastleProvider());
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        for (String line; (line = in.readLine()) != null; ) {
            try {
                run(line.split("\t", -1));
                System.out.println("ok");
            } catch (Throwable e) {
                System.out.println("error: " + e.toString().replace('\n', ' '));
            }
        }
    }

    static void run(String[] a) throws Exception {
        switch (a[0]) {
        case "sign": sign(a[1], a[2], a[3], a[4].equals("detached"), a[5], a[6]); break;
        case "verify": verify(a[1], a[2], a[3].equals("detached")); break;
        case "encrypt": encrypt(a[1], a[2], a[3], a[4], a[5], a[6], a[7]); break;
        case "decrypt": decrypt(a[1], a[2], a[3]); break;
        case "compress": compress(a[1], a[2]); break;
        case "bundle": bundle(a[1], a[2]); break;
        case "unbundle": unbundle(a[1], Integer.parseInt(a[2])); break;
        default: throw new Exception("unknown command " + a[0]);
        }
    }

    static byte[] read(String file) throws Exception { return Files.readAllBytes(Paths.get(file)); }
    static void write(String file, byte[] b) throws Exception { Files.write(Paths.get(file), b); }

    static X509CertificateHolder holder(String file) throws Exception {
        return (X509CertificateHolder) new PEMParser(new FileReader(file)).readObject();
    }
    static X509Certificate cert(String file) throws Exception {
        return new JcaX509CertificateConverter().setProvider("BC").getCertificate(holder(file));
    }
    static PrivateKey key(String file) throws Exception {
        return new JcaPEMKeyConverter().setProvider("BC").getPrivateKey((PrivateKeyInfo) new PEMParser(new FileReader(file)).readObject());
    }

    static void sign(String name, String algorithm, String chain, boolean detached, String content, String out) throws Exception {
        CMSSignedDataGenerator g = new CMSSignedDataGenerator();
        ContentSigner s = new JcaContentSignerBuilder(algorithm).setProvider("BC").build(key(name + ".key"));
        g.addSignerInfoGenerator(new JcaSignerInfoGeneratorBuilder(
            new JcaDigestCalculatorProviderBuilder().setProvider("BC").build()).build(s, cert(name + ".pem")));
        g.addCertificate(holder(name + ".pem"));
        g.addCertificate(holder(chain));
        write(out, g.generate(new CMSProcessableByteArray(read(content)), !detached).getEncoded());
    }

    static void verify(String msg, String content, boolean detached) throws Exception {
        CMSSignedData d = detached
            ? new CMSSignedData(new CMSProcessableByteArray(read(content)), read(msg)) : new CMSSignedData(read(msg));
        if (!detached && !Arrays.equals((byte[]) d.getSignedContent().getContent(), read(content)))
            throw new Exception("other content");
        Collection<SignerInformation> signers = d.getSignerInfos().getSigners();
        if (signers.isEmpty()) throw new Exception("no signers");
        Store<X509CertificateHolder> certs = d.getCertificates();
        for (SignerInformation s : signers) {
            Collection<X509CertificateHolder> found = certs.getMatches(s.getSID());
            if (found.isEmpty()) throw new Exception("no certificate for the signer");
            if (!s.verify(new JcaSimpleSignerInfoVerifierBuilder().setProvider("BC").build(found.iterator().next())))
                throw new Exception("signature does not verify");
        }
    }

    // management: pkcs1, oaep:DIGEST:MGFDIGEST, or the OID of a key agreement with ":" and the OID of the wrap.
    static void encrypt(String name, String management, String cipher, String bits, String rid, String content, String out) throws Exception {
        X509Certificate c = cert(name + ".pem");
        byte[] ski = new JcaX509ExtensionUtils().createSubjectKeyIdentifier(c.getPublicKey()).getKeyIdentifier();
        boolean bySKI = rid.equals("ski");
        RecipientInfoGenerator r;
        if (management.equals("pkcs1")) {
            r = (bySKI ? new JceKeyTransRecipientInfoGenerator(ski, c.getPublicKey()) : new JceKeyTransRecipientInfoGenerator(c)).setProvider("BC");
        } else if (management.startsWith("oaep:")) {
            String[] p = management.split(":");
            AlgorithmIdentifier id = new JcaAlgorithmParametersConverter().getAlgorithmIdentifier(PKCSObjectIdentifiers.id_RSAES_OAEP,
                new OAEPParameterSpec(p[1], "MGF1", new MGF1ParameterSpec(p[2]), PSource.PSpecified.DEFAULT));
            r = new JceKeyTransRecipientInfoGenerator(c, id).setProvider("BC");
        } else {
            String[] p = management.split(":");
            String family = c.getPublicKey().getAlgorithm();
            KeyPairGenerator kg = KeyPairGenerator.getInstance(family, "BC");
            if (c.getPublicKey() instanceof java.security.interfaces.ECPublicKey)
                kg.initialize(((java.security.interfaces.ECPublicKey) c.getPublicKey()).getParams());
            KeyPair e = kg.generateKeyPair();
            JceKeyAgreeRecipientInfoGenerator ka = new JceKeyAgreeRecipientInfoGenerator(
                new ASN1ObjectIdentifier(p[0]), e.getPrivate(), e.getPublic(), new ASN1ObjectIdentifier(p[1])).setProvider("BC");
            r = bySKI ? ka.addRecipient(ski, c.getPublicKey()) : ka.addRecipient(c);
        }
        JceCMSContentEncryptorBuilder b = bits.isEmpty()
            ? new JceCMSContentEncryptorBuilder(new ASN1ObjectIdentifier(cipher))
            : new JceCMSContentEncryptorBuilder(new ASN1ObjectIdentifier(cipher), Integer.parseInt(bits));
        OutputEncryptor enc = b.setProvider("BC").build();
        CMSTypedData data = new CMSProcessableByteArray(read(content));
        if (enc instanceof OutputAEADEncryptor) {
            CMSAuthEnvelopedDataGenerator g = new CMSAuthEnvelopedDataGenerator();
            g.addRecipientInfoGenerator(r);
            write(out, g.generate(data, (OutputAEADEncryptor) enc).getEncoded());
        } else {
            CMSEnvelopedDataGenerator g = new CMSEnvelopedDataGenerator();
            g.addRecipientInfoGenerator(r);
            write(out, g.generate(data, enc).getEncoded());
        }
    }

    static void decrypt(String name, String msg, String out) throws Exception {
        PrivateKey k = key(name + ".key");
        byte[] b = read(msg);
        ASN1ObjectIdentifier type = org.bouncycastle.asn1.cms.ContentInfo.getInstance(b).getContentType();
        boolean auth = type.equals(PKCSObjectIdentifiers.id_ct_authEnvelopedData);
        RecipientInformationStore store = auth ? new CMSAuthEnvelopedData(b).getRecipientInfos() : new CMSEnvelopedData(b).getRecipientInfos();
        Exception last = new Exception("no recipient");
        for (RecipientInformation r : store.getRecipients()) {
            Recipient recipient;
            if (r instanceof KeyAgreeRecipientInformation) {
                if (auth) throw new Exception("cannot: no class for key agreement in AuthEnvelopedData");
                recipient = new JceKeyAgreeEnvelopedRecipient(k).setProvider("BC");
            } else {
                recipient = auth ? new JceKeyTransAuthEnvelopedRecipient(k).setProvider("BC") : new JceKeyTransEnvelopedRecipient(k).setProvider("BC");
            }
            try {
                write(out, r.getContent(recipient));
                return;
            } catch (CMSException e) {
                last = e;
                if (e.getCause() != null) last = new Exception(e.toString() + " / " + e.getCause().toString());
            }
        }
        throw last;
    }

    static void compress(String content, String out) throws Exception {
        write(out, new CMSCompressedDataGenerator().generate(new CMSProcessableByteArray(read(content)), new ZlibCompressor()).getEncoded());
    }

    static void bundle(String certs, String out) throws Exception {
        CMSSignedDataGenerator g = new CMSSignedDataGenerator();
        for (String c : certs.split(",")) g.addCertificate(holder(c));
        write(out, g.generate(new CMSAbsentContent(), false).getEncoded());
    }

    static void unbundle(String msg, int want) throws Exception {
        int n = new CMSSignedData(read(msg)).getCertificates().getMatches(null).size();
        if (n != want) throw new Exception(n + " certificates");
    }
}
