package handler_test

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/orbnetwork/orb/examples/internal/exampletest"
	"github.com/orbnetwork/orb/examples/thumbnail/handler"
)

func post(target string, body []byte) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	handler.New().ServeHTTP(w, httptest.NewRequest(http.MethodPost, target, bytes.NewReader(body)))
	return w
}

func encode(t *testing.T, m image.Image) []byte {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, png.Encode(&out, m))
	return out.Bytes()
}

// TestPictures: each picture of Go's own tests that decodes gives a thumbnail that looks like it; what does not decode is refused.
func TestPictures(t *testing.T) {
	paths, err := filepath.Glob(filepath.Join(exampletest.Go(t, "env", "GOROOT"), "src", "image", "testdata", "*.*"))
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			data, err := os.ReadFile(path)
			require.NoError(t, err)
			w := post("/?w=50", data)
			if filepath.Ext(path) == ".gif" {
				require.Equal(t, http.StatusUnsupportedMediaType, w.Code)
				return
			}
			original, format, err := image.Decode(bytes.NewReader(data))
			if err != nil {
				require.Equal(t, http.StatusBadRequest, w.Code)
				return
			}
			require.Equal(t, http.StatusOK, w.Code, w.Body)
			require.Equal(t, "image/"+format, w.Header().Get("Content-Type"))
			thumbnail, got, err := image.Decode(w.Body)
			require.NoError(t, err)
			require.Equal(t, format, got)
			size := original.Bounds().Size()
			require.Equal(t, image.Pt(50, (size.Y*50+size.X/2)/size.X), thumbnail.Bounds().Size())
			for i, mean := range means(original) {
				require.InDelta(t, mean, means(thumbnail)[i], 3, "channel %d", i)
			}
		})
	}
}

// means returns the mean of each channel from 0 to 255.
func means(m image.Image) [4]float64 {
	var sums [4]float64
	b := m.Bounds()
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			r, g, bl, a := m.At(x, y).RGBA()
			for i, v := range []uint32{r, g, bl, a} {
				sums[i] += float64(v) / 257
			}
		}
	}
	for i := range sums {
		sums[i] /= float64(b.Dx() * b.Dy())
	}
	return sums
}

func TestSize(t *testing.T) {
	picture := encode(t, image.NewGray(image.Rect(0, 0, 400, 300)))
	for target, want := range map[string]image.Point{
		"/":             {128, 96},
		"/?w=200":       {200, 150},
		"/?h=30":        {40, 30},
		"/?w=10&h=20":   {10, 20},
		"/?w=1":         {1, 1},
		"/?w=512&h=512": {512, 512},
	} {
		config, err := png.DecodeConfig(post(target, picture).Body)
		require.NoError(t, err, target)
		require.Equal(t, want, image.Pt(config.Width, config.Height), target)
	}
}

// TestFormat: a transparent picture becomes white as JPEG and stays transparent as PNG.
func TestFormat(t *testing.T) {
	picture := encode(t, image.NewNRGBA(image.Rect(0, 0, 64, 64)))
	white, err := jpeg.Decode(post("/?format=jpeg", picture).Body)
	require.NoError(t, err)
	require.Equal(t, color.Gray{Y: 255}, color.GrayModel.Convert(white.At(5, 5)))
	clear, err := png.Decode(post("/?format=png", picture).Body)
	require.NoError(t, err)
	_, _, _, alpha := clear.At(5, 5).RGBA()
	require.Zero(t, alpha)
}

func TestRefused(t *testing.T) {
	picture := encode(t, image.NewGray(image.Rect(0, 0, 4, 4)))
	for _, c := range []struct {
		name, target string
		body         []byte
		status       int
	}{
		{"width no number", "/?w=wide", picture, http.StatusBadRequest},
		{"width empty", "/?w=", picture, http.StatusBadRequest},
		{"width zero", "/?w=0", picture, http.StatusBadRequest},
		{"height too large", "/?h=513", picture, http.StatusBadRequest},
		{"unknown format", "/?format=gif", picture, http.StatusBadRequest},
		{"aspect makes it too high", "/?w=512", encode(t, image.NewGray(image.Rect(0, 0, 10, 20))), http.StatusBadRequest},
		{"no picture", "/", []byte("text"), http.StatusUnsupportedMediaType},
		{"nothing", "/", nil, http.StatusUnsupportedMediaType},
		{"cut short", "/", picture[:len(picture)/2], http.StatusBadRequest},
		{"too wide", "/", encode(t, image.NewGray(image.Rect(0, 0, 2049, 1))), http.StatusRequestEntityTooLarge},
		{"too many pixels", "/", encode(t, image.NewGray(image.Rect(0, 0, 1025, 2048))), http.StatusRequestEntityTooLarge},
		{"too many bytes", "/", make([]byte, handler.MaxBytes+1), http.StatusRequestEntityTooLarge},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := post(c.target, c.body)
			require.Equal(t, c.status, w.Code, w.Body)
			require.False(t, strings.HasPrefix(w.Header().Get("Content-Type"), "image/"))
		})
	}
}

func TestMethods(t *testing.T) {
	for method, status := range map[string]int{http.MethodGet: http.StatusOK, http.MethodPut: http.StatusMethodNotAllowed} {
		w := httptest.NewRecorder()
		handler.New().ServeHTTP(w, httptest.NewRequest(method, "/", nil))
		require.Equal(t, status, w.Code)
	}
}
