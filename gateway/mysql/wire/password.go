package wire

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"strings"
	"sync"
)

// The plugins by which a client proves a password.
const (
	NativePlugin = "mysql_native_password"
	SHA2Plugin   = "caching_sha2_password"
)

// NativePassword reports whether a client's proof shows that it knows the password of a hash: * and 40 hexadecimal digits, or
// nothing for no password (Native Authentication).
func NativePassword(proof, nonce []byte, hash string) bool {
	if hash == "" {
		return len(proof) == 0
	}
	stage2, err := hex.DecodeString(strings.TrimPrefix(hash, "*"))
	if err != nil || len(proof) != sha1.Size || len(stage2) != sha1.Size {
		return false
	}
	mixed := sha1.Sum(append(bytes.Clone(nonce), stage2...))
	subtle.XORBytes(mixed[:], mixed[:], proof)
	again := sha1.Sum(mixed[:])
	return subtle.ConstantTimeCompare(again[:], stage2) == 1
}

// SHA2 proves passwords of caching_sha2_password. It is one for a server, since it remembers who proved what: a password is
// sent whole once, and then by a hash.
type SHA2 struct {
	key func() (*rsa.PrivateKey, error)

	mu     sync.Mutex
	proven map[string]*[sha256.Size]byte // by what the account's password is stored as: SHA256(SHA256(password))
}

// mostProven bounds what is remembered: passwords that changed leave theirs behind.
const mostProven = 10_000

// NewSHA2 makes one that has proven nothing yet. The key that passwords are encrypted with where there is no TLS is made when
// it is first needed.
func NewSHA2() *SHA2 {
	const bits = 2048
	return &SHA2{
		key:    sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, bits) }),
		proven: make(map[string]*[sha256.Size]byte),
	}
}

// What a server and a client say to each other beyond the first proof (Caching_sha2_password information).
const (
	fastOK     = 3
	wantsWhole = 4
	wantsKey   = 2
)

// longestPassword is how many bytes of a password MySQL takes.
const longestPassword = 256

// Prove finds out whether the client knows the password that is stored as stored; check tests one. proof and nonce are the
// client's first answer.
func (s *SHA2) Prove(c *Conn, proof, nonce []byte, stored string, check func(password string) (bool, error)) (bool, error) {
	if len(proof) == 0 || len(proof) == 1 && proof[0] == 0 {
		return stored == "", nil
	}
	if stored == "" {
		return false, nil
	}
	if s.known(proof, nonce, stored) {
		return true, c.more(fastOK)
	}
	if err := c.more(wantsWhole); err != nil {
		return false, err
	}
	password, err := s.whole(c, nonce)
	if err != nil {
		return false, err
	}
	password, ended := strings.CutSuffix(password, "\x00")
	if !ended || len(password) > longestPassword { // testing one takes the longer the longer it is
		return false, nil
	}
	ok, err := check(password)
	if ok {
		s.remember(stored, password)
	}
	return ok, err
}

// known reports a proof of a password that was proven before.
func (s *SHA2) known(proof, nonce []byte, stored string) bool {
	s.mu.Lock()
	twice := s.proven[stored]
	s.mu.Unlock()
	if twice == nil || len(proof) != sha256.Size {
		return false
	}
	once := sha256.Sum256(append(twice[:len(twice):len(twice)], nonce...))
	subtle.XORBytes(once[:], once[:], proof)
	again := sha256.Sum256(once[:])
	return subtle.ConstantTimeCompare(again[:], twice[:]) == 1
}

func (s *SHA2) remember(stored, password string) {
	once := sha256.Sum256([]byte(password))
	twice := sha256.Sum256(once[:])
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.proven) >= mostProven {
		clear(s.proven)
	}
	s.proven[stored] = &twice
}

// whole receives the password itself: as it is where the connection is encrypted, else encrypted for the server's key.
func (s *SHA2) whole(c *Conn, nonce []byte) (string, error) {
	answer, err := c.ask()
	if err != nil || c.TLS() != nil {
		return string(answer), err
	}
	key, err := s.key()
	if err != nil {
		return "", err
	}
	if len(answer) == 1 && answer[0] == wantsKey {
		der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
		if err != nil {
			return "", err
		}
		if err := c.more(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})...); err != nil {
			return "", err
		}
		if answer, err = c.ask(); err != nil {
			return "", err
		}
	}
	mixed, err := rsa.DecryptOAEP(sha1.New(), nil, key, answer, nil)
	if err != nil {
		return "", nil // an answer of another key, or none: no proof
	}
	for i := range mixed {
		mixed[i] ^= nonce[i%len(nonce)]
	}
	return string(mixed), nil
}
