package main

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/orbnetwork/orb/examples/internal/exampletest"
	"github.com/orbnetwork/orb/examples/thumbnail/handler"
)

func encode(t *testing.T, m image.Image) []byte {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, m))
	return out.Bytes()
}

// TestSample: the sample has few bytes and many pixels, so that ten times its fuel is enough for the largest pictures.
func TestSample(t *testing.T) {
	m := image.NewRGBA(image.Rect(0, 0, 1024, 768))
	for y := range 768 {
		for x := range 1024 {
			m.SetRGBA(x, y, color.RGBA{R: uint8(x / 64 * 16), G: uint8(y / 64 * 16), B: 128, A: 255})
		}
	}
	exampletest.Sample(t, "sample.http", exampletest.Post(t, "/", http.Header{"Content-Type": {"image/png"}}, encode(t, m)))
}

// pictures returns those that come with Go's tests, by name.
func pictures(t *testing.T) map[string][]byte {
	t.Helper()
	found := map[string][]byte{}
	for _, pattern := range []string{"*.png", "*.jpeg"} {
		paths, err := filepath.Glob(filepath.Join(exampletest.Go(t, "env", "GOROOT"), "src", "image", "testdata", pattern))
		require.NoError(t, err)
		for _, path := range paths {
			found[filepath.Base(path)], err = os.ReadFile(path)
			require.NoError(t, err)
		}
	}
	require.NotEmpty(t, found)
	return found
}

// fill gives a picture bytes without a pattern.
func fill(pix []byte) {
	state := uint32(1)
	for i := range pix {
		state = state*1664525 + 1013904223
		pix[i] = uint8(state >> 24)
	}
}

// TestFunction: built for the network and under its limits, the function answers as the handler does natively.
func TestFunction(t *testing.T) {
	f := exampletest.Load(t)
	h := handler.New()
	if runtime.GOARCH != "amd64" {
		t.Skip("the Go compiler fuses floating-point operations here, so that native thumbnails may differ in a bit")
	}
	for name, picture := range pictures(t) {
		f.Same(name, h, exampletest.Post(t, "/", nil, picture))
	}

	// The dearest pictures that are within the handler's limits are within the version's limits too.
	most := image.Rect(0, 0, 1024, 2048)
	deep := image.NewNRGBA64(most)
	f.Same("16 bits a channel", h, exampletest.Post(t, "/?w=512&h=512", nil, encode(t, deep)))
	palette := image.NewPaletted(most, color.Palette{color.White, color.Transparent})
	f.Same("palette", h, exampletest.Post(t, "/?w=512&h=512", nil, encode(t, palette)))
	noise := image.NewRGBA(most)
	fill(noise.Pix)
	var packed bytes.Buffer
	require.NoError(t, jpeg.Encode(&packed, noise, nil))
	f.Same("noise", h, exampletest.Post(t, "/?w=512&h=512&format=png", nil, packed.Bytes()))

	f.Same("too many pixels", h, exampletest.Post(t, "/", nil, encode(t, image.NewGray(image.Rect(0, 0, 2048, 1025)))))
	f.Same("no picture", h, exampletest.Post(t, "/", nil, []byte(strings.Repeat("text ", 100))))
	f.Same("usage", h, []byte("GET / HTTP/1.1\r\nHost: orb\r\n\r\n"))
}
