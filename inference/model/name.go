package model

import (
	"fmt"
	"strings"
)

// maxName is the longest name of a model, in bytes: a file's name of it and a
// suffix fits every file system.
const maxName = 128

// CheckName returns an error unless name can be the name of a model everywhere:
// in a file's name, a URL, an Open Inference Protocol request and a table. It is
// of letters, digits and "._+-", begins with a letter or digit, and has at most
// 128 of them.
func CheckName(name string) error {
	if name == "" || len(name) > maxName || strings.Contains("._+-", name[:1]) || strings.IndexFunc(name, odd) >= 0 {
		return fmt.Errorf("%q: want 1 to %d letters, digits, '.', '_', '+' or '-', a letter or digit first", name, maxName)
	}
	return nil
}

func odd(r rune) bool {
	return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._+-", r))
}
