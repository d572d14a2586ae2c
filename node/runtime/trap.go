package runtime

import (
	"strings"
)

// wazero's errors of traps live in a package of its own; their texts are part of what it promises to print.
const stackOverflow = "stack overflow"

func isStackOverflow(err error) bool { return strings.Contains(err.Error(), stackOverflow) }

// trapReason is the first line of a trap's error: the rest is a stack trace of numbers.
func trapReason(err error) string {
	first, _, _ := strings.Cut(err.Error(), "\n")
	return first
}
