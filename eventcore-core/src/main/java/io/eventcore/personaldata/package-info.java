/**
 * Personal data that can be erased although events never change: keys of subjects, and what is sealed under them.
 *
 * <p>Begin with {@link io.eventcore.PersonalData} and {@link io.eventcore.personaldata.PersonalDataProtection}.
 */
@NullMarked
package io.eventcore.personaldata;

import org.jspecify.annotations.NullMarked;
