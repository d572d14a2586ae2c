package receipt

import "fmt"

// Fault says how a function failed on a request. A fault is as deterministic as a response: every machine gives the same one, and it
// is the outcome in a Result.
type Fault uint32

// The faults, in the numbers that results carry.
const (
	// FaultNone: the function gave a response.
	FaultNone Fault = iota
	// FaultFuel: the request burned its fuel limit.
	FaultFuel
	// FaultMemory: the guest failed after it was refused memory over its limit.
	FaultMemory
	// FaultTrap: the guest trapped.
	FaultTrap
	// FaultExit: the guest exited with a status other than 0.
	FaultExit
	// FaultResponse: under the http contract, the response is not an HTTP response.
	FaultResponse
	// FaultDepth: calls nested too deep.
	FaultDepth
	// FaultTable: the guest failed after it was refused a larger table.
	FaultTable
	// FaultSize: the response is too large.
	FaultSize
)

var faultNames = [...]string{"none", "out_of_fuel", "out_of_memory", "trap", "exit", "bad_response", "call_depth", "table_limit", "response_too_large"}

// String returns the fault's name as it appears in HTTP errors.
func (f Fault) String() string {
	if int(f) < len(faultNames) {
		return faultNames[f]
	}
	return fmt.Sprintf("fault_%d", uint32(f))
}
