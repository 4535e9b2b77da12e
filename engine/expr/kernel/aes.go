package kernel

import (
	"crypto/aes"
	"crypto/subtle"
)

// AESEncrypt computes AES_ENCRYPT(text, key), under MySQL's standard block_encryption_mode, aes-128-ecb: an initialization vector is ignored.
func AESEncrypt(r *Row, dst []byte) ([]byte, bool) {
	block, err := aes.NewCipher(foldedKey(r.Text(1)))
	if err != nil {
		r.Fail(err)
		return dst, false
	}
	s := r.Text(0)
	padding := aes.BlockSize - len(s)%aes.BlockSize
	from := len(dst)
	dst = append(dst, s...)
	for range padding {
		dst = append(dst, byte(padding))
	}
	for at := from; at < len(dst); at += aes.BlockSize {
		block.Encrypt(dst[at:], dst[at:])
	}
	return dst, true
}

// AESDecrypt computes AES_DECRYPT(bytes, key); NULL for what AES_ENCRYPT did not make with the key.
func AESDecrypt(r *Row, dst []byte) ([]byte, bool) {
	s := r.Text(0)
	if len(s) == 0 || len(s)%aes.BlockSize != 0 {
		return dst, false
	}
	block, err := aes.NewCipher(foldedKey(r.Text(1)))
	if err != nil {
		r.Fail(err)
		return dst, false
	}
	from := len(dst)
	dst = append(dst, s...)
	for at := from; at < len(dst); at += aes.BlockSize {
		block.Decrypt(dst[at:], dst[at:])
	}
	padding := int(dst[len(dst)-1])
	if padding == 0 || padding > aes.BlockSize {
		return dst[:from], false
	}
	for _, b := range dst[len(dst)-padding:] {
		if int(b) != padding {
			return dst[:from], false
		}
	}
	return dst[:len(dst)-padding], true
}

// foldedKey is a key of any length as one of a block: its blocks are combined.
func foldedKey(key []byte) []byte {
	folded := make([]byte, aes.BlockSize)
	for at := 0; at < len(key); at += aes.BlockSize {
		part := key[at:min(at+aes.BlockSize, len(key))]
		subtle.XORBytes(folded, folded[:len(part)], part)
	}
	return folded
}
