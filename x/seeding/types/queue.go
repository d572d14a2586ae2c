package types

import (
	"context"

	"cosmossdk.io/collections"
)

type keyIterator[K any] interface {
	Valid() bool
	Next()
	Key() (K, error)
	Close() error
}

// FirstKeys lists at most limit keys of a range: what one block works off of a queue.
func FirstKeys[K any, I keyIterator[K]](ctx context.Context, iterate func(context.Context, collections.Ranger[K]) (I, error), ranger collections.Ranger[K], limit uint32) ([]K, error) {
	iterator, err := iterate(ctx, ranger)
	if err != nil {
		return nil, err
	}
	defer iterator.Close()
	var keys []K
	for ; iterator.Valid() && len(keys) < int(limit); iterator.Next() {
		key, err := iterator.Key()
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	return keys, nil
}
