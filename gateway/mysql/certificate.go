package mysql

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// The files of a certificate of the gateway's own making.
const (
	certificateFile = "server-cert.pem"
	keyFile         = "server-key.pem"
)

// OwnCertificate returns the certificate that a server without another one encrypts with, as MySQL makes one when it first
// starts: nobody vouches for it, so a client that wants to know whom it talks to has to be given its file. It is kept in folder,
// and made anew when it has run out.
func OwnCertificate(folder string) (tls.Certificate, error) {
	cert, key := filepath.Join(folder, certificateFile), filepath.Join(folder, keyFile)
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err == nil && time.Now().Before(pair.Leaf.NotAfter) {
		return pair, nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return tls.Certificate{}, fmt.Errorf("certificate: %w", err)
	}
	certPEM, keyPEM, err := selfSigned()
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("certificate: %w", err)
	}
	err = os.MkdirAll(folder, 0o700)
	if err == nil {
		err = os.WriteFile(key, keyPEM, 0o600)
	}
	if err == nil {
		err = os.WriteFile(cert, certPEM, 0o644)
	}
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("certificate: %w", err)
	}
	return tls.X509KeyPair(certPEM, keyPEM)
}

// selfSigned makes a certificate for this machine, and its key.
func selfSigned() (certificate, key []byte, err error) {
	const years = 10
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, nil, err
	}
	names := []string{"localhost"}
	if host, err := os.Hostname(); err == nil && host != names[0] {
		names = append(names, host)
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "silogate"}, DNSNames: names,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
		NotBefore:   now.Add(-time.Hour), NotAfter: now.AddDate(years, 0, 0),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true, IsCA: true, // so that it can be given to clients as what to trust
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		return nil, nil, err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return nil, nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}), nil
}
