// Command netsim simulates routing, mirroring and gossip of a whole network in one process, in ticks of a second, by the rules of node/balance. The
// same seed gives the same numbers.
package main

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"text/tabwriter"
)

func main() {
	c := defaults()
	flag.Uint64Var(&c.seed, "seed", c.seed, "seed of all randomness")
	flag.IntVar(&c.nodes, "nodes", c.nodes, "nodes")
	flag.IntVar(&c.functions, "functions", c.functions, "functions")
	flag.IntVar(&c.gateways, "gateways", c.gateways, "gateways")
	flag.Float64Var(&c.demand, "demand", c.demand, "demand as a part of the network's capacity")
	flag.IntVar(&c.ticks, "seconds", c.ticks, "simulated seconds")
	flag.IntVar(&c.mirrorFor, "mirror-for", c.mirrorFor, "seconds in which a function taken on demand has to earn its gas")
	flag.Parse()
	c.killAt, c.riseAt = c.ticks/2, c.ticks*3/4
	s := newSimulation(c)
	s.run()
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	for _, row := range s.report() {
		fmt.Fprintf(w, "%s\t%s\t%s\n", row.name, row.value, row.note)
	}
	w.Flush()
}

type row struct{ name, value, note string }

// report sums a run up.
func (s *simulation) report() []row {
	loads := make([]int, 0, len(s.nodes))
	for i := range s.nodes {
		if !s.nodes[i].down {
			loads = append(loads, s.nodes[i].used*1000/s.capacity)
		}
	}
	slices.Sort(loads)
	at := func(q float64) int { return loads[int(q*float64(len(loads)-1))] }
	copies, hops := s.gossip()
	seeds, lanes := 0, 0
	for i := range s.functions {
		seeds += len(s.functions[i].seeds)
	}
	for g := range s.views {
		for i := range s.views[g] {
			lanes += len(s.views[g][i].lanes)
		}
	}
	perNode := float64(s.announced) * copies / float64(s.ticks)
	percent := func(x float64) string { return fmt.Sprintf("%.3f%%", 100*x) }
	seconds := func(n int) string {
		if n < 0 {
			return "not in time"
		}
		return fmt.Sprintf("%d s", n)
	}
	minute := min(60, s.killAt/2)
	worst := 1.0
	for tick := minute; tick < s.ticks; tick++ {
		worst = min(worst, s.share(tick, tick+1))
	}
	tries := 0
	for _, t := range s.served[minute:] {
		tries += t.tries
	}
	return []row{
		{"start to 99.9% served", seconds(s.reaches(0, 0.999)), "from no mirrors at all, under full demand at once"},
		{fmt.Sprintf("served after %d s", minute), percent(s.share(minute, s.ticks)), fmt.Sprintf("of %d requests/s, loss and rise included; in the worst second %s", s.served[0].calls, percent(worst))},
		{"served by the first host asked", percent(s.firstShare(minute, s.ticks)), fmt.Sprintf("%.2f hosts asked a request", float64(tries)/float64(s.calls(minute, s.ticks)))},
		{"served in the second of the loss", percent(s.share(s.killAt, s.killAt+1)), fmt.Sprintf("%.0f%% of the nodes end at once", 100*s.killed)},
		{"loss to 99.9% served", seconds(s.reaches(s.killAt, 0.999)), ""},
		{"rise to 99.9% served", seconds(s.reaches(s.riseAt, 0.999)), fmt.Sprintf("demand for function %d rises %d times", s.rising()+1, s.rise)},
		{"load of nodes p10 p50 p90 p99", fmt.Sprintf("%d %d %d %d", at(0.1), at(0.5), at(0.9), at(0.99)), fmt.Sprintf("per mille, at the end; demand is %.0f", 1000*s.demand)},
		{"lanes of a gateway", fmt.Sprint(lanes / s.gateways), "to all functions"},
		{"seeds", fmt.Sprint(seeds), fmt.Sprintf("nodes stepped in %d times and left %d times", s.steps, s.left)},
		{"announcements a second", fmt.Sprintf("%.1f", float64(s.announced)/float64(s.ticks)), fmt.Sprintf("by %d gateways", s.gateways)},
		{"gossip copies a node and message", fmt.Sprintf("%.1f", copies), fmt.Sprintf("the last node is %d hops away", hops)},
		{"gossip messages a node and second", fmt.Sprintf("%.0f", perNode), fmt.Sprintf("%.1f KB/s at 200 bytes", perNode*200/1000)},
	}
}

// share of the requests of some ticks that were served.
func (s *simulation) share(from, to int) float64 {
	calls, failed := 0, 0
	for _, t := range s.served[from:to] {
		calls, failed = calls+t.calls, failed+t.failed
	}
	return 1 - float64(failed)/float64(max(calls, 1))
}

func (s *simulation) firstShare(from, to int) float64 {
	first := 0
	for _, t := range s.served[from:to] {
		first += t.first
	}
	return float64(first) / float64(s.calls(from, to))
}

func (s *simulation) calls(from, to int) int {
	calls := 0
	for _, t := range s.served[from:to] {
		calls += t.calls
	}
	return max(calls, 1)
}

// reaches is how many ticks after from a share of requests is served in three ticks in a row; -1 when never.
func (s *simulation) reaches(from int, share float64) int {
	for tick := from; tick+3 <= len(s.served); tick++ {
		if s.share(tick, tick+3) >= share && s.share(tick, tick+1) >= share {
			return tick - from
		}
	}
	return -1
}
