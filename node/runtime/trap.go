package runtime

import (
	"strings"
)

// trapReason is the first line of a trap's error: the rest is a stack trace of numbers.
func trapReason(err error) string {
	first, _, _ := strings.Cut(err.Error(), "\n")
	return first
}
