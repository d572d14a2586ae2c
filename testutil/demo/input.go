package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	_ "image/jpeg" // to check what the thumbnail function gives
	_ "image/png"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// request is one call's input and the check of its answer.
type request struct {
	query       string
	contentType string
	body        []byte
	check       func(answer []byte) error
}

func (r request) reader() io.Reader { return bytes.NewReader(r.body) }

// specExamples are the examples of the CommonMark specification, as goldmark's module carries them, with what they have to give.
func specExamples(ctx context.Context, source string) ([]request, error) {
	dir, err := output(ctx, source, "go", "list", "-m", "-f", "{{.Dir}}", "github.com/yuin/goldmark")
	if err != nil {
		return nil, err
	}
	data, err := os.ReadFile(filepath.Join(dir, "_test", "spec.json"))
	if err != nil {
		return nil, err
	}
	var examples []struct{ Markdown, HTML string }
	if err := json.Unmarshal(data, &examples); err != nil {
		return nil, fmt.Errorf("reading spec.json: %w", err)
	}
	requests := make([]request, 0, len(examples))
	for _, example := range examples {
		requests = append(requests, request{
			contentType: "text/markdown",
			body:        []byte(example.Markdown),
			check: func(answer []byte) error {
				if len(answer) == 0 && example.HTML != "" {
					return fmt.Errorf("no HTML for %q", example.Markdown)
				}
				return nil
			},
		})
	}
	return requests, nil
}

const (
	thumbnailSize = 64
	// rounds is how often each picture is sent.
	rounds = 8
)

// pictures are the JPEG and PNG test images of Go's own source tree.
func pictures(ctx context.Context, source string) ([]request, error) {
	root, err := output(ctx, source, "go", "env", "GOROOT")
	if err != nil {
		return nil, err
	}
	var requests []request
	for _, pattern := range []string{"*.jpeg", "*.png"} {
		paths, err := filepath.Glob(filepath.Join(root, "src", "image", "testdata", pattern))
		if err != nil {
			return nil, err
		}
		for _, path := range paths {
			data, err := os.ReadFile(path)
			if err != nil {
				return nil, err
			}
			if _, _, err := image.Decode(bytes.NewReader(data)); err != nil {
				continue // some are broken on purpose
			}
			requests = append(requests, request{
				query:       fmt.Sprintf("?w=%d", thumbnailSize),
				contentType: "image/" + filepath.Ext(path)[1:],
				body:        data,
				check:       isThumbnail,
			})
		}
	}
	if len(requests) == 0 {
		return nil, fmt.Errorf("no test images below %s", root)
	}
	all := requests
	for range rounds - 1 {
		all = append(all, requests...)
	}
	return all, nil
}

func isThumbnail(answer []byte) error {
	config, _, err := image.DecodeConfig(bytes.NewReader(answer))
	if err != nil {
		return fmt.Errorf("the answer is no image: %w", err)
	}
	if config.Width != thumbnailSize {
		return fmt.Errorf("the thumbnail is %d pixels wide, not %d", config.Width, thumbnailSize)
	}
	return nil
}

func output(ctx context.Context, dir, program string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir = dir
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w", program, strings.Join(args, " "), err)
	}
	return strings.TrimSpace(string(out)), nil
}
