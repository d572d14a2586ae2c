// Floating point to the last bit: planets, roots, conversions, and numbers that are none.
#include <math.h>
#include <stdio.h>

int main(void) {
    double x[3] = {0, 5, 1}, v[3] = {0.1, -0.02, 0.3}, m[3] = {10, 1, 0.5};
    for (int step = 0; step < 300; step++) {
        for (int i = 0; i < 3; i++)
            for (int j = 0; j < 3; j++)
                if (i != j) {
                    double d = x[j] - x[i], r = sqrt(d * d + 0.01);
                    v[i] += 0.01 * m[j] * d / (r * r * r);
                }
        for (int i = 0; i < 3; i++) x[i] += 0.01 * v[i];
    }
    for (int i = 0; i < 3; i++) printf("%a %a\n", x[i], v[i]);
    volatile double zero = 0;
    volatile float third = 1.0f / 3;
    printf("%d %d %d\n", isnan(zero / zero), isinf(1 / zero), isnan(sqrt(-1 - zero)));
    printf("%a %a %a %a\n", third, floor(-2.5), rint(2.5), fmin(zero, -1));
    printf("%d %u %lld\n", (int)(third * 1000), (unsigned)(third * 1e9f), (long long)1e15);
    unsigned long long seed = 1;
    unsigned sum = 0;
    for (int i = 1; i < 500; i++) {
        seed = seed * 6364136223846793005ull + 1442695040888963407ull;
        sum += (unsigned)(seed / i) ^ (unsigned)(seed % (i + 7)) ^ (unsigned)((long long)seed >> (i % 60));
    }
    printf("%u\n", sum);
    return 0;
}
