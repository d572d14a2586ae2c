package demo

import "github.com/schollz/progressbar/v3"

// bar shows how many of a function's requests are answered; without a terminal it is silent and the lines around it tell.
type bar struct{ drawn *progressbar.ProgressBar }

func (d *demo) bar(name string, total int) bar {
	if !d.Terminal {
		return bar{}
	}
	return bar{progressbar.NewOptions(total,
		progressbar.OptionSetWriter(d.Out), progressbar.OptionSetDescription("      "+name), progressbar.OptionShowCount(),
		progressbar.OptionSetWidth(30), progressbar.OptionClearOnFinish())}
}

func (b bar) add() {
	if b.drawn != nil {
		_ = b.drawn.Add(1) // a bar that cannot be drawn is no reason to stop
	}
}

func (b bar) end() {
	if b.drawn != nil {
		_ = b.drawn.Finish()
	}
}
