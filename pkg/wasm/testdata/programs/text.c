// Counts the words of standard input: strings, memory, sorting with a comparison function.
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct word { char *text; int count; };

static int compare(const void *a, const void *b) {
    const struct word *x = a, *y = b;
    return x->count != y->count ? y->count - x->count : strcmp(x->text, y->text);
}

int main(void) {
    char *text = malloc(1);
    size_t length = 0;
    for (int c; (c = getchar()) != EOF;) {
        text = realloc(text, length + 2);
        text[length++] = tolower(c);
    }
    text[length] = 0;
    struct word *words = NULL;
    int n = 0;
    for (char *w = strtok(text, " \n.,;"); w; w = strtok(NULL, " \n.,;")) {
        int i = 0;
        while (i < n && strcmp(words[i].text, w)) i++;
        if (i == n) {
            words = realloc(words, sizeof *words * ++n);
            words[i].text = strdup(w);
            words[i].count = 0;
        }
        words[i].count++;
    }
    qsort(words, n, sizeof *words, compare);
    for (int i = 0; i < n; i++) printf("%d %s\n", words[i].count, words[i].text);
    char block[9000];
    memset(block, 'x', sizeof block);
    memmove(block + 100, block, 8000);
    printf("%zu %d\n", length, block[8099]);
    return 0;
}
