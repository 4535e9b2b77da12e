package mysql

import (
	"crypto/rand"
	"crypto/subtle"
	"crypto/tls"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"hash/maphash"
	"net"
	"strings"

	"github.com/dolthub/go-mysql-server/sql/mysql_db"
	vitess "github.com/dolthub/vitess/go/mysql"

	"github.com/silogate/silogate/gateway/mysql/wire"
)

// account is who a client has proven to be: a user as the grant tables know it.
type account struct{ user, host string }

// logIn has a client prove that it is who it says; a refusal is a *wire.Error. Its proof is by the plugin that it names or has used
// last. As in MySQL a connection has one nonce as long as it lasts: some clients that change the user go by the first that
// they were told.
func (c *connection) logIn(hello *wire.Hello) error {
	host := c.host()
	denied := func() error {
		using := "NO"
		if len(hello.Proof) > 1 || len(hello.Proof) == 1 && hello.Proof[0] != 0 {
			using = "YES"
		}
		return &wire.Error{Errno: vitess.ERAccessDeniedError, State: vitess.SSAccessDeniedError,
			Message: "Access denied for user '" + hello.User + "'@'" + host + "' (using password: " + using + ")"}
	}
	user, known := c.server.account(hello.User, host)
	wants, said := user.plugin(), hello.Plugin
	if said == "" {
		said = c.plugin
	}
	// Clients of MySQL before 8.0.25 name SHA2 and send no proof at first.
	if said != wants || wants == wire.SHA2Plugin && len(hello.Proof) == 0 {
		c.plugin = wants
		var err error
		if hello.Proof, err = c.wire.SwitchAuth(wants, c.nonce); err != nil {
			return err
		}
	}
	ok, err := c.proves(user, hello.Proof, c.nonce)
	if err != nil {
		return err
	}
	if !ok || !known || user.Locked || !c.secureEnough(user) {
		if known && user.Locked && ok {
			return &wire.Error{Errno: 3118, State: "HY000",
				Message: "Access denied for user '" + hello.User + "'@'" + host + "'. Account is locked."}
		}
		return denied()
	}
	c.who = account{user.User.User, user.Host}
	return nil
}

// known is an account of the grant tables.
type known struct{ *mysql_db.User }

// plugin is what an account's password is proven by.
func (u known) plugin() string {
	if u.Plugin == wire.SHA2Plugin {
		return wire.SHA2Plugin
	}
	return wire.NativePlugin
}

// account finds the account of a user who connects from a host. Without one it returns an account that nobody can be, which
// asks for proofs like others do: nobody learns who has an account by asking.
func (v *Server) account(user, host string) (known, bool) {
	accounts := v.gms.Analyzer.Catalog.MySQLDb
	reader := accounts.Reader()
	defer reader.Close()
	u := accounts.GetUser(reader, user, host, false)
	if u == nil || u.IsRole {
		return v.decoys.of(user), false
	}
	return known{u}, true
}

// decoys make up accounts of users who have none: always the same for a user, with a password that nobody knows.
type decoys struct {
	secret maphash.Seed
	hash   string // of caching_sha2_password
}

func newDecoys() (*decoys, error) {
	const iterations = 5 // thousands, as of any account
	hash, err := vitess.SerializeCachingSha2PasswordAuthString(rand.Text(), wire.NewNonce(), iterations)
	return &decoys{secret: maphash.MakeSeed(), hash: string(hash)}, err
}

func (d *decoys) of(user string) known {
	if maphash.String(d.secret, user)%2 == 0 {
		return known{&mysql_db.User{Plugin: wire.SHA2Plugin, AuthString: d.hash}}
	}
	return known{&mysql_db.User{Plugin: wire.NativePlugin, AuthString: "*"}}
}

// proves reports whether a proof shows that the client knows an account's password.
func (c *connection) proves(u known, proof, nonce []byte) (bool, error) {
	if u.plugin() == wire.NativePlugin {
		return wire.NativePassword(proof, nonce, u.AuthString), nil
	}
	return c.server.sha2.Prove(c.wire, proof, nonce, u.AuthString, func(password string) (bool, error) {
		digest, iterations, salt, _, err := vitess.DeserializeCachingSha2PasswordAuthString([]byte(u.AuthString))
		if err != nil || digest != "SHA256" {
			return false, errors.Join(err, errors.New("a password is stored in a way that is not known: "+digest))
		}
		same, err := vitess.SerializeCachingSha2PasswordAuthString(password, salt, iterations)
		return subtle.ConstantTimeCompare(same, []byte(u.AuthString)) == 1, err
	})
}

// secureEnough reports whether the connection is as an account's REQUIRE clause wants it (MySQL 8.0 Reference Manual, 13.7.1.3).
func (c *connection) secureEnough(u known) bool {
	state := c.wire.TLS()
	switch u.SslType {
	case "":
		return true
	case "ANY":
		return state != nil
	case "X509":
		return state != nil && len(state.PeerCertificates) > 0
	}
	if state == nil || u.SslCipher != "" && tls.CipherSuiteName(state.CipherSuite) != u.SslCipher {
		return false
	}
	if u.X509Issuer == "" && u.X509Subject == "" {
		return true
	}
	if len(state.PeerCertificates) == 0 {
		return false
	}
	certificate := state.PeerCertificates[0]
	return (u.X509Issuer == "" || u.X509Issuer == distinguished(certificate.Issuer)) &&
		(u.X509Subject == "" || u.X509Subject == distinguished(certificate.Subject))
}

// distinguished writes a name as MySQL does: /C=US/O=Test/CN=name.
func distinguished(name pkix.Name) string {
	var b strings.Builder
	for _, part := range name.Names {
		short, ok := attributeNames[part.Type.String()]
		if !ok {
			short = part.Type.String()
		}
		fmt.Fprintf(&b, "/%s=%v", short, part.Value)
	}
	return b.String()
}

// attributeNames are the short names of what a name is made of (RFC 4519, RFC 2985).
var attributeNames = map[string]string{
	"2.5.4.3": "CN", "2.5.4.6": "C", "2.5.4.7": "L", "2.5.4.8": "ST", "2.5.4.10": "O", "2.5.4.11": "OU",
	"1.2.840.113549.1.9.1": "emailAddress",
}

// host is where the client is, as accounts name hosts.
func (c *connection) host() string {
	host, _, err := net.SplitHostPort(c.address.String())
	if err != nil {
		return "localhost" // a Unix socket
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsLoopback() {
		return "localhost"
	}
	return host
}
