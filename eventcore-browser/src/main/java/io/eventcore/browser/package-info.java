/** Our own pages in a real browser, for tests. */
@NullMarked
package io.eventcore.browser;

import org.jspecify.annotations.NullMarked;
