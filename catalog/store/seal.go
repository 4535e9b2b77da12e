package store

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
)

const keyBytes = 32 // AES-256

// sealer encrypts small texts and proves that they were not changed or moved.
type sealer struct {
	aead cipher.AEAD
	mac  []byte // the key of fingerprints
}

// openSealer reads the key file, or makes one with a new key if there is none.
func openSealer(path string) (sealer, error) {
	key, err := readKey(path)
	if errors.Is(err, fs.ErrNotExist) {
		key, err = makeKey(path)
	}
	if err != nil {
		return sealer{}, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return sealer{}, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return sealer{}, err
	}
	mac, err := hkdf.Key(sha256.New, key, nil, "fingerprint", sha256.Size)
	return sealer{aead, mac}, err
}

func readKey(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%s can be read by others than its owner: chmod 600 it", path)
	}
	key, err := os.ReadFile(path)
	if err == nil && len(key) != keyBytes {
		err = fmt.Errorf("%s holds %d bytes, not a key of %d", path, len(key), keyBytes)
	}
	return key, err
}

// makeKey writes a new key.
func makeKey(path string) ([]byte, error) {
	key := make([]byte, keyBytes)
	rand.Read(key)
	return key, writeWhole(path, key)
}

// seal encrypts text; only open with the same purpose reads it.
func (s sealer) seal(text []byte, purpose string) []byte {
	return s.aead.Seal(nil, nil, text, []byte(purpose))
}

// fingerprint is the same for the same text, and tells nothing of it.
func (s sealer) fingerprint(text []byte) (sum [sha256.Size]byte) {
	h := hmac.New(sha256.New, s.mac)
	h.Write(text)
	h.Sum(sum[:0])
	return sum
}

func (s sealer) open(sealed []byte, purpose string) ([]byte, error) {
	text, err := s.aead.Open(nil, nil, sealed, []byte(purpose))
	if err != nil {
		return nil, errors.New("it was sealed with another key, or changed")
	}
	return text, nil
}
