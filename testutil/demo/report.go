package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"text/tabwriter"

	"github.com/orbnetwork/orb/pkg/price"
	functionstypes "github.com/orbnetwork/orb/x/functions/types"
	rewardstypes "github.com/orbnetwork/orb/x/rewards/types"
)

// summary is build/demo/summary.json. Amounts are in uorb; what is burned is part of the network fee.
type summary struct {
	Functions  []functionSummary `json:"functions"`
	Spent      int64             `json:"spent_uorb"`
	Owner      int64             `json:"owner_uorb"`
	Hosts      int64             `json:"hosts_uorb"`
	NetworkFee int64             `json:"network_fee_uorb"`
	Burned     int64             `json:"burned_uorb"`
	DeployCost int64             `json:"deploy_cost_uorb"`
}

type functionSummary struct {
	ID         string `json:"id"`
	Name       string `json:"name"`
	URL        string `json:"url"`
	Complexity uint64 `json:"complexity"`
	Requests   uint64 `json:"requests"`
	Failed     uint64 `json:"failed"`
}

// report reads the books off the chain, holds them against each other, prints the table and writes the summary.
func (d *demo) report(ctx context.Context) error {
	var s summary
	hosts := make(map[string]hostEarnings)
	var total price.Split
	for i, f := range d.functions {
		s.Functions = append(s.Functions, functionSummary{
			ID: f.deployed.Id, Name: f.name, URL: d.url(f.name), Complexity: f.version.Complexity,
			Requests: uint64(len(f.inputs)), Failed: f.failed.Load(),
		})
		quote, err := d.chain.Rewards().Quote(ctx, &rewardstypes.QueryQuoteRequest{
			Plan: plan, Complexity: f.version.Complexity, Size_: f.version.Artifact.Size_, Price: f.deployed.Price.Amount,
		})
		if err != nil {
			return err
		}
		s.DeployCost += quote.Verification.Amount.Add(quote.Hosting.Amount).Int64()

		lanes, err := d.lanes(ctx, f)
		if err != nil {
			return err
		}
		for j, lane := range lanes {
			split := lane.FeeSplit.Of(lane.Price, lane.OwnerShareBps, lane.Redeemed)
			if i == 0 && j == 0 {
				total = split
			} else {
				total = total.Add(split)
			}
			h := hosts[lane.OrbId]
			hosts[lane.OrbId] = hostEarnings{h.requests + lane.Redeemed, h.amount + split.Host.Int64()}
		}
	}
	s.Spent, s.Owner, s.Hosts = total.Spent.Int64(), total.Owner.Int64(), total.Host.Int64()
	s.NetworkFee, s.Burned = total.Fee.Int64(), total.Burned.Int64()

	d.print(s, total, hosts)
	if err := s.write(d.Summary); err != nil {
		return err
	}
	d.note("The same figures: %s", d.Summary)
	return d.check(ctx, s)
}

// check fails the demo when the books do not balance or anything went unserved.
func (d *demo) check(ctx context.Context, s summary) error {
	if parts := s.Owner + s.Hosts + s.NetworkFee; parts != s.Spent {
		return fmt.Errorf("books do not balance: %d uorb spent, %d paid", s.Spent, parts)
	}
	var expected int64
	for i, f := range d.functions {
		expected += f.deployed.Price.Amount.Int64() * int64(f.served())
		if failed := s.Functions[i].Failed; failed > 0 {
			return fmt.Errorf("%d requests of %s failed", failed, f.name)
		}
	}
	if s.Spent != expected {
		return fmt.Errorf("%d uorb were spent for requests worth %d", s.Spent, expected)
	}
	after, err := d.chain.Balance(ctx, d.network.Accounts[owner], functionstypes.Denom)
	if err != nil {
		return err
	}
	if earned := after.Sub(d.ownerBefore).Int64(); earned != s.Owner {
		return fmt.Errorf("the owner's balance grew by %d uorb, not by %d", earned, s.Owner)
	}
	return nil
}

type hostEarnings struct {
	requests uint64
	amount   int64
}

func (d *demo) print(s summary, total price.Split, hosts map[string]hostEarnings) {
	d.say("")
	w := tabwriter.NewWriter(d.Out, 0, 0, 2, ' ', tabwriter.AlignRight)
	row := func(who, what string, amount int64) { fmt.Fprintf(w, "%s\t%s\t%d uorb\t\n", who, what, amount) }
	row("owner "+owner, "share of the price", s.Owner)
	ids := make([]string, 0, len(hosts))
	for id := range hosts {
		ids = append(ids, id)
	}
	sort.Strings(ids)
	for _, id := range ids {
		if hosts[id].requests > 0 {
			row("host …"+id[len(id)-8:], fmt.Sprintf("%d requests", hosts[id].requests), hosts[id].amount)
		}
	}
	row("network", "burned", s.Burned)
	row("network", "gateway", total.Gateway.Int64())
	row("network", "validators", total.Validators.Int64())
	fmt.Fprintf(w, "\t\t\t\n")
	row("callers", "spent", s.Spent)
	w.Flush()
	d.say("")
	d.note("spent %d = owner %d + hosts %d + network fee %d", s.Spent, s.Owner, s.Hosts, s.NetworkFee)
	d.note("deploys cost %d uorb", s.DeployCost)
}

func (s summary) write(path string) error {
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, append(data, '\n'), 0o644)
}
