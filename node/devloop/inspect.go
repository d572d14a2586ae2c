package devloop

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"cosmossdk.io/math"

	"github.com/orbnetwork/orb/node/deploy"
	functionstypes "github.com/orbnetwork/orb/x/functions/types"
	rewardstypes "github.com/orbnetwork/orb/x/rewards/types"
)

// Terms are what an owner chooses at deploy.
type Terms struct {
	// Price per request in uorb, OwnerShareBps of it after the network fee for the owner.
	Price         math.Int
	OwnerShareBps uint32
	Plan          string
}

// splitOver is over how many requests a price is split for show: of one alone, rounding would take too much.
const splitOver = 1_000

// Inspection is what there is to know of a function before it is deployed.
type Inspection struct {
	Contract string `json:"contract"`
	// Entry is "command", started for every request, or "reactor", called in a program that is started once.
	Entry     string `json:"entry"`
	Size      uint64 `json:"size"`
	CID       string `json:"cid"`
	SHA256    string `json:"sha256"`
	Functions int    `json:"functions"`
	// Imports are each named once, as module.name.
	Imports  []string  `json:"imports"`
	Exports  []string  `json:"exports"`
	Sections []Section `json:"sections"`
	// MemoryStart and MemoryLimit in bytes per instance.
	MemoryStart uint64 `json:"memory_start"`
	MemoryLimit uint64 `json:"memory_limit"`
	// Complexity is 0 without a sample.
	Complexity uint64 `json:"complexity"`
	FuelLimit  uint64 `json:"fuel_limit"`
	// Refusal says why a chain with default params would refuse the version.
	Refusal string `json:"refusal,omitempty"`
	// Deploy is what it costs to deploy, and Split who gets what of the price of splitOver requests; both need a complexity.
	Deploy *deploy.Cost  `json:"deploy,omitempty"`
	Split  *RequestSplit `json:"per_1000_requests,omitempty"`

	quote deploy.Quote
}

// RequestSplit is who gets what of requests' price, in uorb.
type RequestSplit struct {
	Spent math.Int `json:"spent"`
	Host  math.Int `json:"host"`
	Owner math.Int `json:"owner"`
	Fee   math.Int `json:"network_fee"`
}

// Inspect looks into a function. What it costs is by a chain's default params; a deploy quotes the chain's own.
func (f *Function) Inspect(terms Terms) (*Inspection, error) {
	layout, err := readLayout(f.Package.Bytes)
	if err != nil {
		return nil, err
	}
	i := &Inspection{
		Contract: strings.ToLower(strings.TrimPrefix(f.Contract.String(), "CONTRACT_")), Entry: "command",
		Size: f.Package.Artifact.Size_, CID: f.Package.Artifact.Cid, SHA256: hex.EncodeToString(f.Package.Artifact.Sha256),
		Functions: f.Package.Info.Functions, Imports: slices.Compact(slices.Sorted(slices.Values(layout.imports))), Exports: layout.exports, Sections: layout.sections,
		MemoryStart: uint64(f.Package.Info.MemoryPages) * functionstypes.PageSize, MemoryLimit: f.Limits.Memory,
		Complexity: f.Complexity, FuelLimit: f.Limits.Fuel,
	}
	if f.Package.Info.Reactor {
		i.Entry = "reactor"
	}
	if f.Complexity == 0 {
		return i, nil
	}
	rewards := rewardstypes.DefaultParams()
	plan, err := rewards.Plan(terms.Plan)
	if err != nil {
		return nil, err
	}
	quoted, err := rewards.Tariff.Quote(plan, f.Complexity, i.Size, terms.Price)
	if err != nil {
		return nil, err
	}
	chain := functionstypes.DefaultParams()
	i.quote = deploy.Quote{
		Quote: quoted, Denom: rewards.Denom, Deposit: chain.NameDeposit.Amount, Plan: plan,
		Complexity: f.Complexity, FuelLimit: f.Limits.Fuel, Size: i.Size,
	}
	i.Deploy = &deploy.Cost{Verification: quoted.Verification, Hosting: quoted.Hosting, Included: quoted.Included, Total: quoted.Total, Denom: rewards.Denom}
	split := rewards.FeeSplit.Of(terms.Price, terms.OwnerShareBps, splitOver)
	i.Split = &RequestSplit{Spent: split.Spent, Host: split.Host, Owner: split.Owner, Fee: split.Fee}

	version := functionstypes.Version{Artifact: f.Package.Artifact, Complexity: f.Complexity, FuelLimit: f.Limits.Fuel, MemoryLimit: f.Limits.Memory}
	fn := functionstypes.Function{Price: chain.MaxPrice}
	fn.Price.Amount = terms.Price
	if err := chain.Admit(fn, version); err != nil {
		i.Refusal = err.Error()
	}
	return i, nil
}

// Text writes the inspection for people.
func (i *Inspection) Text(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "contract\t%s, a %s\nsize\t%d bytes\ncid\t%s\nsha256\t%s\n", i.Contract, i.Entry, i.Size, i.CID, i.SHA256)
	for _, s := range i.Sections {
		fmt.Fprintf(w, "  %s\t%d bytes\t%.1f%%\n", s.Name, s.Bytes, 100*float64(s.Bytes)/float64(i.Size))
	}
	fmt.Fprintf(w, "functions\t%d\nimports\t%s\nexports\t%s\n", i.Functions,
		strings.ReplaceAll(strings.Join(i.Imports, ", "), "wasi_snapshot_preview1.", ""), strings.Join(i.Exports, ", "))
	fmt.Fprintf(w, "memory\t%d KiB at start, at most %d MiB\n", i.MemoryStart>>10, i.MemoryLimit>>20)
	if i.Complexity == 0 {
		fmt.Fprintf(w, "complexity\tunknown: name a sample request in %s, or with --sample\n", deploy.ManifestName)
		return w.Flush()
	}
	fmt.Fprintf(w, "complexity\t%d fuel, limit per request %d\n", i.Complexity, i.FuelLimit)
	if i.Refusal != "" {
		fmt.Fprintf(w, "refused\t%s\n", i.Refusal)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	denom := i.quote.Denom
	_, err := fmt.Fprintf(out, "\nprice %s%s per request; of %d requests, %s%s: host %s, owner %s, network %s\nto deploy it, by default params:\n%s",
		i.Split.Spent.QuoRaw(splitOver), denom, splitOver, i.Split.Spent, denom, i.Split.Host, i.Split.Owner, i.Split.Fee, i.quote.Text())
	return err
}

// Section is a part of a module.
type Section struct {
	Name  string `json:"name"`
	Bytes uint64 `json:"bytes"`
}

type layout struct {
	sections         []Section
	imports, exports []string
}

// The binary format's numbers of sections, and those with names in them.
var sectionNames = []string{
	"custom", "type", "import", "function", "table", "memory", "global", "export", "start", "element", "code", "data", "data count",
}

const (
	moduleHeader  = 8
	sectionImport = 2
	sectionExport = 7
	kindFunction  = 0
)

var errLayout = errors.New("the module is cut short")

// readLayout reads the outline of a module that has passed its check.
func readLayout(module []byte) (layout, error) {
	var l layout
	if len(module) < moduleHeader {
		return l, errLayout
	}
	r := reader{rest: module[moduleHeader:]}
	for len(r.rest) > 0 && !r.failed {
		id := r.byte()
		content := reader{rest: r.take(r.number())}
		if int(id) >= len(sectionNames) {
			return l, fmt.Errorf("section %d is unknown", id)
		}
		l.sections = append(l.sections, Section{Name: sectionNames[id], Bytes: uint64(len(content.rest))})
		switch id {
		case sectionImport:
			for range content.number() {
				module, name := content.take(content.number()), content.take(content.number())
				if content.byte() != kindFunction || content.failed {
					return l, errLayout // only functions pass the check
				}
				content.number()
				l.imports = append(l.imports, string(module)+"."+string(name))
			}
		case sectionExport:
			for range content.number() {
				l.exports = append(l.exports, string(content.take(content.number())))
				content.byte()
				content.number()
				if content.failed {
					return l, errLayout
				}
			}
		}
	}
	if r.failed {
		return l, errLayout
	}
	return l, nil
}

// reader reads a module's numbers and strings; behind its end it has failed and reads zeros.
type reader struct {
	rest   []byte
	failed bool
}

func (r *reader) take(n uint64) []byte {
	if n > uint64(len(r.rest)) {
		r.failed, r.rest = true, nil
		return nil
	}
	taken := r.rest[:n]
	r.rest = r.rest[n:]
	return taken
}

func (r *reader) byte() byte {
	if b := r.take(1); b != nil {
		return b[0]
	}
	return 0
}

// number reads an unsigned LEB128.
func (r *reader) number() uint64 {
	n, size := binary.Uvarint(r.rest)
	if size <= 0 {
		r.failed, r.rest = true, nil
		return 0
	}
	r.rest = r.rest[size:]
	return n
}

// look inspects the function of a source.
func look(ctx context.Context, source string, m deploy.Manifest, terms Terms) (i *Inspection, err error) {
	err = within(ctx, source, m, func(f *Function) error {
		i, err = f.Inspect(terms)
		return err
	})
	return i, err
}
