package catalog

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"unicode/utf8"
)

// maxName is the longest identifier of MySQL, in characters.
const maxName = 64

// shown returns the name under which clients see a database or table: name itself, or for one that is too long its
// beginning and a digest of all of it.
func shown(name string) string {
	if utf8.RuneCountInString(name) <= maxName {
		return name
	}
	sum := sha256.Sum256([]byte(name))
	digest := "_" + hex.EncodeToString(sum[:4])
	return string([]rune(name)[:maxName-len(digest)]) + digest
}

// pick finds the name that a client means by written, among names as their source has them: the one shown as written,
// else in lower case, else the only one that differs by case alone.
func pick(written string, names []string) (string, bool) {
	lower := strings.ToLower(written)
	var lowered, folded string
	var isLowered bool
	var folds int
	for _, name := range names {
		switch s := shown(name); {
		case s == written, name == written:
			return name, true
		case s == lower:
			lowered, isLowered = name, true
		case strings.EqualFold(s, written):
			folded = name
			folds++
		}
	}
	if isLowered {
		return lowered, true
	}
	return folded, folds == 1
}
